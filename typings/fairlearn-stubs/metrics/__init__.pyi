# What is used of fairlearn, whose own types leave those of its rates open: add what a room takes to using.
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pandas as pd

Rate: TypeAlias = Callable[[np.ndarray, np.ndarray], float]

def count(y_true: np.ndarray, y_pred: np.ndarray) -> int: ...
def mean_prediction(y_true: np.ndarray, y_pred: np.ndarray, sample_weight: np.ndarray | None = ...) -> float: ...
def selection_rate(
    y_true: np.ndarray, y_pred: np.ndarray, *, pos_label: int = ..., sample_weight: np.ndarray | None = ...
) -> float: ...

class MetricFrame:
    by_group: pd.DataFrame  # of several rates, as here
    overall: pd.Series
    def __init__(
        self,
        *,
        metrics: dict[str, Rate],
        y_true: np.ndarray,
        y_pred: np.ndarray,
        sensitive_features: pd.Series | np.ndarray,
    ) -> None: ...
