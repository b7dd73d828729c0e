"""The evidence for validating a limit model, and all its tests."""

from dataclasses import dataclass

import numpy as np

from models.validation import coverage, of_regression, weak_parts
from models.validation.finding import Measure, worst
from models.validation.of_regression import RegressionEvidence


@dataclass(frozen=True, kw_only=True)
class CapacityEvidence(RegressionEvidence):
    """Evidence of a limit model: a capacity is a quantile of income; amounts are in the currency, per year.

    `score` returns capacities before negative ones are set to 0; `directions` are those of the capacity.

    Attributes:
        level: quantile level of the capacity.
        others: quantile level → prediction of each row, for the low and the middle quantile.
    """

    level: float
    others: dict[float, np.ndarray]


def measures(of: CapacityEvidence) -> dict[str, Measure]:
    """Name of a test → its measure: those of a quantile, and those of a limit alone."""
    late = ~of.development
    income, capacity = of.actual[late], of.predicted[late]
    others = [coverage.coverage(income >= predicted[late], 1 - level) for level, predicted in of.others.items()]
    groups = weak_parts.by_attribute(of.protected.loc[late])
    ratios = [coverage.of_income(income, capacity, each) for each in groups]
    return of_regression.of_quantile(of, of.level) | {
        "coverage_of_range": worst(others, lambda miss: (miss.judged, abs(miss.statistic))),
        "overstated": coverage.overstated(income, capacity),
        "group_capacity": worst(ratios, lambda ratio: (-ratio.judged, -ratio.statistic)),
    }
