"""What a limit model is validated on, and all tests of it."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd

from models.metrics import pinball_losses
from models.validation import coverage, leakage, parts, robustness, stability
from models.validation.finding import UNTESTED, Measure
from models.validation.robustness import Score

_GRID_ROWS = 50


@dataclass(frozen=True)
class CapacityEvidence:
    """Rows in order, what the model says of them, and the model itself; amounts in the currency, a year.

    Attributes:
        x: features as floats, of shape (rows, features), numbered from 0 as all the others are.
        income: that came.
        predicted: `capacity`, `low` and `median`; those of development by folds that left the row out.
        levels: the quantile that each of these is.
        constant: the quantile of the capacity of all incomes of development.
        development: which rows were learnt from; the others are out of time.
        score: capacity of a frame of features, before negative ones count as 0.
        contributions, base_value, margin: of the rows out of time, see `Predictor`.
        directions: in capacity, by feature.
        known_until: moment of the data.
        is_by_chance: whether chance has parted the rows, and not time.
        protected, groups: one column per protected attribute, and per declared column; empty where there are none.
    """

    x: pd.DataFrame
    income: np.ndarray
    predicted: pd.DataFrame
    levels: dict[str, float]
    constant: float
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


def measures(of: CapacityEvidence) -> dict[str, Measure]:
    """What every test measures, by its name."""
    return _coverage(of) | _accuracy(of) | _stability(of) | _soundness(of) | _fairness(of)


def _coverage(of: CapacityEvidence) -> dict[str, Measure]:
    late = ~of.development
    income, capacity, meant = of.income[late], _late(of, "capacity"), 1 - of.levels["capacity"]
    reached = income >= capacity
    masks = {name: mask[late] for name, mask in parts.parts(of.x, of.groups).items()}
    large = {name: mask for name, mask in masks.items() if mask.sum() >= parts.LEAST_ROWS}
    others = [coverage.coverage(income >= _late(of, name), 1 - of.levels[name]) for name in ("low", "median")]
    return {
        "coverage": coverage.coverage(reached, meant),
        "coverage_of_range": max(others, key=lambda each: (each.judged, abs(each.statistic))),
        "coverage_by_band": coverage.worst(reached, meant, coverage.bands(capacity)),
        "coverage_by_part": coverage.worst(reached, meant, large),
        "overstated": coverage.overstated(income, capacity),
    }


def _late(of: CapacityEvidence, name: str) -> np.ndarray:
    return of.predicted[name].to_numpy(float)[~of.development]


def _accuracy(of: CapacityEvidence) -> dict[str, Measure]:
    early, late = _gain(of, of.development), _gain(of, ~of.development)
    return {
        "pinball_gain": late,
        "pinball_gain_drop": coverage.gain_drop(early, late),
        "rank_correlation": coverage.rank_correlation(of.income[~of.development], _late(of, "capacity")),
    }


def _gain(of: CapacityEvidence, mask: np.ndarray) -> Measure:
    income, level = of.income[mask], of.levels["capacity"]
    own = pinball_losses(income, of.predicted["capacity"].to_numpy(float)[mask], level)
    return coverage.gain(own, pinball_losses(income, np.full(len(income), of.constant), level))


def _stability(of: CapacityEvidence) -> dict[str, Measure]:
    early, late = of.x.loc[of.development], of.x.loc[~of.development]
    capacity = of.predicted["capacity"].to_numpy(float)
    return {
        "capacity_psi": stability.psi(capacity[of.development], capacity[~of.development]),
        "feature_csi": stability.csi(early, late),
        "missing_rates": stability.missing_rates(early, late),
    }


def _soundness(of: CapacityEvidence) -> dict[str, Measure]:
    """In units of a typical income, so that the thresholds are those of any currency."""
    unit = float(np.abs(of.income).mean())
    rows = of.x.loc[~of.development].head(_GRID_ROWS)
    contributions, margin = of.contributions / unit, of.margin / unit
    early = of.development | of.is_by_chance
    return {
        "monotone": robustness.monotone(rows, of.directions, lambda x: of.score(x) / unit),
        "additive": robustness.additive(contributions, of.base_value / unit, margin),
        "future_rows": leakage.future_rows(of.as_of, early, of.known_until),
        "repeated_rows": leakage.repeated_rows(of.x, of.development),
    }


def _fairness(of: CapacityEvidence) -> dict[str, Measure]:
    late = ~of.development
    income, capacity = of.income[late], _late(of, "capacity")
    every = [
        parts.parts(pd.DataFrame(index=of.protected.index[late]), of.protected.loc[late, [n]]) for n in of.protected
    ]
    compared = [groups for groups in every if len(groups) > 1]
    together = {name: mask for groups in compared for name, mask in groups.items()}
    ratios = [coverage.of_income(income, capacity, groups) for groups in compared]
    tested = [each for each in ratios if not np.isnan(each.judged)]
    return {
        "group_coverage": coverage.worst(income >= capacity, 1 - of.levels["capacity"], together),
        "group_capacity": min(tested, key=lambda each: each.judged, default=UNTESTED),
    }
