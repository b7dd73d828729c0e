"""The evidence for validating any model, and the tests that all kinds of model share."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd

from models.validation import leakage, robustness, stability
from models.validation.finding import Measure
from models.validation.robustness import Score

_GRID_ROWS = 50


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The rows in order, the model's predictions for them, and the model itself.

    Attributes:
        x: features as floats, of shape (rows, features), indexed from 0 like all other attributes.
        as_of, subject: moment and subject of each row.
        development: mask of the rows that the model learnt from; the others are out of time.
        score: function from a frame of features to one prediction per row.
        contributions, base_value, margin: explanation of the rows out of time, see `Predictor`.
        directions: feature → direction of the score.
        known_until: moment of the data.
        is_by_chance: whether rows were split by chance and not by time.
        protected, groups: one column per protected attribute, and per declared column; empty if there are none.
    """

    x: pd.DataFrame
    as_of: pd.Series
    subject: np.ndarray
    development: np.ndarray
    score: Score
    contributions: np.ndarray
    base_value: float
    margin: np.ndarray
    directions: dict[str, int]
    known_until: datetime
    is_by_chance: bool = False
    protected: pd.DataFrame = field(default_factory=pd.DataFrame)
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)


def of_features(of: Evidence) -> dict[str, Measure]:
    """How features out of time differ from those of development."""
    early, late = of.x.loc[of.development], of.x.loc[~of.development]
    return {"feature_csi": stability.csi(early, late), "missing_rates": stability.missing_rates(early, late)}


def of_score(of: Evidence, unit: float = 1) -> dict[str, Measure]:
    """Whether the score follows its features' directions, and its contributions add up to it.

    Args:
        unit: unit in which the score is measured, so that the same thresholds fit any score.
    """
    rows = of.x.loc[~of.development].head(_GRID_ROWS)
    return {
        "monotone": robustness.monotone(rows, of.directions, lambda x: of.score(x) / unit),
        "additive": robustness.additive(of.contributions / unit, of.base_value / unit, of.margin / unit),
    }


def of_rows(of: Evidence) -> dict[str, Measure]:
    """Whether rows come from the future, or are in both development and test."""
    return {
        "future_rows": leakage.future_rows(of.as_of, of.development | of.is_by_chance, of.known_until),
        "repeated_rows": leakage.repeated_rows(of.x, of.development),
    }
