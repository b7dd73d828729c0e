# What is used of scikit-learn, which has no types of its own: add what a room takes to using.
from typing import Any, Self

import numpy as np

class LogisticRegression:
    coef_: np.ndarray
    intercept_: np.ndarray
    def __init__(self, penalty: str | None = ..., *, C: float = ..., max_iter: int = ..., **others: Any) -> None: ...
    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = ...) -> Self: ...
    def predict_proba(self, X: np.ndarray) -> np.ndarray: ...
