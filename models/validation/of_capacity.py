"""The evidence for validating a limit model, and all its tests."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.metrics import pinball_losses
from models.validation import coverage, evidence, stability, weak_parts
from models.validation.evidence import Evidence
from models.validation.finding import Measure, worst


@dataclass(frozen=True, kw_only=True)
class CapacityEvidence(Evidence):
    """Evidence of a limit model; amounts are in the currency, per year.

    `score` returns capacities before negative ones are set to 0; `directions` are those of the capacity.

    Attributes:
        income: actual income.
        predicted: `capacity`, `low` and `median`; for development, by folds that left the row out.
        levels: quantile level of each of these.
        constant: quantile of all development incomes at the level of the capacity.
    """

    income: np.ndarray
    predicted: pd.DataFrame
    levels: dict[str, float]
    constant: float


def measures(of: CapacityEvidence) -> dict[str, Measure]:
    """Name of a test → its measure."""
    return _coverage(of) | _accuracy(of) | _stability(of) | _soundness(of) | _fairness(of)


def _coverage(of: CapacityEvidence) -> dict[str, Measure]:
    late = ~of.development
    income, capacity, meant = of.income[late], _late(of, "capacity"), 1 - of.levels["capacity"]
    reached = income >= capacity
    parts = weak_parts.large(weak_parts.parts(of.x, of.groups), late)
    others = [coverage.coverage(income >= _late(of, name), 1 - of.levels[name]) for name in ("low", "median")]
    return {
        "coverage": coverage.coverage(reached, meant),
        "coverage_of_range": worst(others, lambda miss: (miss.judged, abs(miss.statistic))),
        "coverage_by_band": coverage.worst(reached, meant, coverage.bands(capacity)),
        "coverage_by_part": coverage.worst(reached, meant, parts),
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
    capacity = of.predicted["capacity"].to_numpy(float)
    capacity_psi = stability.psi(capacity[of.development], capacity[~of.development])
    return {"capacity_psi": capacity_psi} | evidence.of_features(of)


def _soundness(of: CapacityEvidence) -> dict[str, Measure]:
    """Tests of the score in units of a typical income, so that the same thresholds fit any currency."""
    return evidence.of_score(of, unit=float(np.abs(of.income).mean())) | evidence.of_rows(of)


def _fairness(of: CapacityEvidence) -> dict[str, Measure]:
    late = ~of.development
    income, capacity = of.income[late], _late(of, "capacity")
    compared = weak_parts.by_attribute(of.protected.loc[late])
    together = {name: mask for groups in compared for name, mask in groups.items()}
    ratios = [coverage.of_income(income, capacity, groups) for groups in compared]
    return {
        "group_coverage": coverage.worst(income >= capacity, 1 - of.levels["capacity"], together),
        "group_capacity": worst(ratios, lambda ratio: (-ratio.judged, -ratio.statistic)),
    }
