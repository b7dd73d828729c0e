from typing import Any, Self

import numpy as np

class QuantileTransformer:
    def __init__(
        self, *, n_quantiles: int = ..., output_distribution: str = ..., random_state: int | None = ..., **others: Any
    ) -> None: ...
    def fit(self, X: np.ndarray, y: np.ndarray | None = ...) -> Self: ...
    def transform(self, X: np.ndarray) -> np.ndarray: ...
