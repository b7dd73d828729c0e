"""What any model is validated on, and the tests that all kinds share."""

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
    """Rows in order, what the model says of them, and the model itself.

    Attributes:
        x: features as floats, of shape (rows, features), numbered from 0 as all the others are.
        as_of: of each row.
        development: which rows were learnt from; the others are out of time.
        score: what the model says of a frame of features, one number per row.
        contributions, base_value, margin: of the rows out of time, see `Predictor`.
        directions: of the score, by feature.
        known_until: moment of the data.
        is_by_chance: whether chance has parted the rows, and not time.
        protected, groups: one column per protected attribute, and per declared column; empty where there are none.
    """

    x: pd.DataFrame
    as_of: pd.Series
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
    """How features out of time differ from those that were learnt from."""
    early, late = of.x.loc[of.development], of.x.loc[~of.development]
    return {"feature_csi": stability.csi(early, late), "missing_rates": stability.missing_rates(early, late)}


def of_score(of: Evidence, unit: float = 1) -> dict[str, Measure]:
    """Whether the score goes in its features' directions, and its contributions add up to it.

    Args:
        unit: in which the score is measured, so that the thresholds are those of any score.
    """
    rows = of.x.loc[~of.development].head(_GRID_ROWS)
    return {
        "monotone": robustness.monotone(rows, of.directions, lambda x: of.score(x) / unit),
        "additive": robustness.additive(of.contributions / unit, of.base_value / unit, of.margin / unit),
    }


def of_rows(of: Evidence) -> dict[str, Measure]:
    """Whether rows come from after what they are tested on, or were learnt from and are tested on as well."""
    return {
        "future_rows": leakage.future_rows(of.as_of, of.development | of.is_by_chance, of.known_until),
        "repeated_rows": leakage.repeated_rows(of.x, of.development),
    }
