"""The interface of predictors of every kind: `outputs` names the columns that one can predict."""

from collections.abc import Mapping
from typing import ClassVar, Protocol, Self

import numpy as np
import pandas as pd

from models.missing_values import Missing

OUTPUTS = ("pd", "capacity_year", "quantile", "mean")  # outputs with a report page and tests
DECIDING = ("pd", "capacity_year")  # outputs that policies decide by, the second where they set limits


class Predictor(Protocol):
    """Scores feature rows and explains the scores.

    Attributes:
        outputs: columns of `predict`.
    """

    outputs: ClassVar[tuple[str, ...]]

    @property
    def features(self) -> tuple[str, ...]:
        """Columns that it reads, in the order of its trees."""
        ...

    @property
    def missing(self) -> Missing:
        """The treatment of missing values."""
        ...

    @property
    def hidden(self) -> tuple[str, ...]:
        """Features that no reason may name, because they reveal a protected group."""
        ...

    @property
    def thresholds(self) -> Mapping[str, np.ndarray]:
        """By feature, the values at which its trees split it, rising."""
        ...

    @property
    def base_value(self) -> float:
        """Expected margin of the training rows, as weighted in training: the base of SHAP values."""
        ...

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The columns of `outputs`, one row for each of the frame."""
        ...

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """The number that SHAP values explain, before any link function; one per row."""
        ...

    def shap_values(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Exact TreeSHAP, one column per feature; a row's sum plus `base_value` is its margin."""
        ...

    def to_json(self) -> str:
        """One JSON document; its `kind` names the kind that reads it, and its `features` are the predictor's."""
        ...

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The predictor that `to_json` wrote."""
        ...


class PdPredictor(Predictor, Protocol):
    """A predictor whose output is `pd`."""

    def predict_pd(self, frame: pd.DataFrame) -> np.ndarray:
        """Calibrated probability of default within the label's horizon, one per row."""
        ...

    def reference(self, cut_off_pd: float) -> np.ndarray:
        """Average contribution of each feature for applicants at a cut-off, see `models.explain`."""
        ...


class CapacityPredictor(Predictor, Protocol):
    """A predictor whose output is `capacity_year`."""

    def predict_capacity(self, frame: pd.DataFrame) -> np.ndarray:
        """Repayment capacity in the currency per year, at least 0, one per row."""
        ...
