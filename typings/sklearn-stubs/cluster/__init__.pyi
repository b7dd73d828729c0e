# What is used of scikit-learn, which has no types of its own: add what a room takes to using.
from typing import Any, Self

import numpy as np

class KMeans:
    cluster_centers_: np.ndarray
    def __init__(
        self, n_clusters: int = ..., *, n_init: int = ..., random_state: int | None = ..., **others: Any
    ) -> None: ...
    def fit(self, X: np.ndarray) -> Self: ...
