"""Common part of predictors that explain their scores by the trees of one booster."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import xgboost as xgb

from models import frames, interventional
from models.missing_values import Missing
from models.reference_population import ReferencePopulation


@dataclass(frozen=True, kw_only=True)
class TreePredictor(ABC):
    """A predictor that explains its scores from one booster; attributes as in `Predictor`."""

    features: tuple[str, ...]
    missing: Missing
    hidden: tuple[str, ...] = ()

    @abstractmethod
    def contributions(self, x: np.ndarray) -> np.ndarray:
        """Exact TreeSHAP of shape (rows, features + 1); the last column is the base value.

        Args:
            x: as of `matrix`.
        """

    @property
    @abstractmethod
    def explained(self) -> xgb.Booster:
        """The booster whose trees score and are explained."""

    @property
    def scale(self) -> float:
        """The margin's change where the booster's is 1."""
        return 1.0

    @abstractmethod
    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """The number that SHAP values explain, one per row."""

    @property
    def thresholds(self) -> dict[str, np.ndarray]:
        """By feature, the values at which trees split it, rising; none for a feature that they don't use."""
        by_feature = _splits(self.explained)
        return {name: by_feature.get(name, np.empty(0)) for name in self.features}

    def matrix(self, frame: pd.DataFrame) -> np.ndarray:
        """A frame's features as the booster reads them, of shape (rows, features), missing values filled."""
        return self.missing.filled(frames.matrix(frame, self.features))

    def shap_values(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Exact TreeSHAP in units of the margin; a row's sum plus `base_value` is its margin."""
        values = self.contributions(self.matrix(frame))[:, :-1]
        return pd.DataFrame(values, index=frame.index, columns=pd.Index(self.features))

    def interventional_values(self, frame: pd.DataFrame, population: ReferencePopulation) -> pd.DataFrame:
        """Interventional SHAP values in units of the margin; a row's sum plus `interventional_base` is its margin."""
        groups = self.matrix(self._groups(population))
        values = interventional.contributions(self.explained, self.matrix(frame), groups, population.shares)
        return pd.DataFrame(self.scale * values, index=frame.index, columns=pd.Index(self.features))

    def interventional_base(self, population: ReferencePopulation) -> float:
        """Mean margin of the groups of a reference population, each counted by its size."""
        return float(population.shares @ self.margin(self._groups(population)))

    def _groups(self, population: ReferencePopulation) -> pd.DataFrame:
        return pd.DataFrame(population.means, columns=pd.Index(self.features))

    @property
    def base_value(self) -> float:
        """The base of SHAP values: the mean margin of the training rows.

        Rows weigh by the curvature of the loss (XGBoost's cover), so that it is a plain mean for a squared error alone.
        """
        nobody = np.full((1, len(self.features)), np.nan, np.float32)
        return float(self.contributions(nobody)[0, -1])


@lru_cache(maxsize=4)  # writing trees as a table takes longer than scoring many rows; a trained booster never changes
def _splits(booster: xgb.Booster) -> dict[str, np.ndarray]:
    """By feature in a booster's trees, the values at which they split it, rising."""
    splits = booster.trees_to_dataframe().dropna(subset=["Split"])
    return {str(name): np.unique(values) for name, values in splits.groupby("Feature")["Split"]}
