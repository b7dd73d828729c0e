# What is used of interpret, which has no types of its own: add what a room takes to using.
from typing import Any, Self

import numpy as np

class ExplainableBoostingClassifier:
    bins_: list[list[np.ndarray]]
    intercept_: np.ndarray
    term_scores_: list[np.ndarray]
    def __init__(
        self,
        *,
        feature_types: list[str] | None = ...,
        monotone_constraints: list[int] | None = ...,
        interactions: int = ...,
        n_jobs: int = ...,
        random_state: int | None = ...,
        **others: Any,
    ) -> None: ...
    def fit(self, X: np.ndarray, y: np.ndarray) -> Self: ...
    def decision_function(self, X: np.ndarray) -> np.ndarray: ...
