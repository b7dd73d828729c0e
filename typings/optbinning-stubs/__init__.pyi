# What is used of optbinning, whose own types leave those of arrays open: add what a room takes to using.
from typing import Any, Self

import numpy as np
import pandas as pd

class BinningTable:
    iv: float | None
    n_event: np.ndarray
    n_nonevent: np.ndarray
    def build(self, show_digits: int = ..., add_totals: bool = ...) -> pd.DataFrame: ...

class OptimalBinning:
    binning_table: BinningTable
    splits: np.ndarray
    def __init__(
        self, name: str = ..., dtype: str = ..., *, max_n_prebins: int = ..., monotonic_trend: str = ..., **others: Any
    ) -> None: ...
    def fit(self, x: np.ndarray, y: np.ndarray) -> Self: ...
    def transform(self, x: np.ndarray, metric: str = ..., *, metric_missing: float | str = ...) -> np.ndarray: ...
