"""Points of a scorecard: whole numbers that can be added by hand, scaled so that the score determines the odds.

Score = offset + factor x ln(goods / bads), with factor = PDO / ln 2 and offset = base score - factor x ln(base odds);
each attribute's points are its share of it (Siddiqi, Credit Risk Scorecards, 2006, ch. 6, "Scorecard scaling").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from conf.schema.policy import Policy
from models.missing_values import Missing

Table = tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Scale:
    """The scale of scores, see the policy's `score_base`, `score_base_odds` and `score_pdo`.

    Attributes:
        base: the score at the base odds.
        base_odds: number of goods per bad.
        pdo: points that double the odds.
    """

    base: float = 600.0
    base_odds: float = 50.0
    pdo: float = 20.0

    @property
    def factor(self) -> float:
        """Points per unit of ln(odds)."""
        return self.pdo / float(np.log(2))

    @property
    def offset(self) -> float:
        """Score at equal numbers of goods and bads."""
        return self.base - self.factor * float(np.log(self.base_odds))

    def margin(self, score: np.ndarray) -> np.ndarray:
        """Log-odds of default of each score."""
        return (self.offset - score) / self.factor


def of_policy(policy: Policy | None) -> Scale:
    """The scale by which a policy converts PDs to scores; without a policy, the usual 600 at 50:1 with PDO 20."""
    return Scale(policy.score_base, policy.score_base_odds, policy.score_pdo) if policy else Scale()


@dataclass(frozen=True)
class Characteristic:
    """A feature in the form that a scorecard uses.

    Attributes:
        splits: thresholds between its attributes, rising; an attribute includes its lower bound and excludes its upper.
        counts: value of each attribute, one more than splits: whole points, or before scaling weights of evidence.
        missing: value of a missing feature value.
    """

    splits: tuple[float, ...]
    counts: tuple[float, ...]
    missing: float

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """The characteristic that `dataclasses.asdict` wrote."""
        return cls(tuple(document["splits"]), tuple(document["counts"]), document["missing"])

    def of(self, values: np.ndarray) -> np.ndarray:
        """The points or weight of each value."""
        return np.where(np.isnan(values), self.missing, np.asarray(self.counts)[np.digitize(values, self.splits)])


def scored(characteristics: Sequence[Characteristic], x: np.ndarray) -> np.ndarray:
    """The points or weight of each value, of shape (rows, characteristics)."""
    return np.column_stack([each.of(x[:, j]) for j, each in enumerate(characteristics)])


def as_read(weights: Sequence[Characteristic], missing: Missing) -> tuple[Characteristic, ...]:
    """The same, but a missing value counts as the value that replaces it, see `models.missing_values`."""
    return tuple(
        each if is_learnt else replace(each, missing=float(each.of(np.array([costliest]))[0]))
        for each, is_learnt, costliest in zip(weights, missing.is_learnt, missing.costliest, strict=True)
    )


def scaled(
    scale: Scale, intercept: float, slopes: np.ndarray, weights: Sequence[Characteristic]
) -> tuple[Characteristic, ...]:
    """Whole points: -(slope x WoE + intercept / n) x factor + offset / n, rounded.

    Args:
        intercept, slopes: of the log-odds of default on weights of evidence, ln(goods / bads).
        weights: weights of evidence of n characteristics.
    """
    share = (scale.offset - intercept * scale.factor) / len(weights)

    def points(slope: float, woe: float) -> int:
        return round(share - slope * woe * scale.factor)

    return tuple(
        Characteristic(each.splits, tuple(points(slope, woe) for woe in each.counts), points(slope, each.missing))
        for slope, each in zip(slopes, weights, strict=True)
    )


def table(points: Characteristic, weights: Characteristic, values: np.ndarray, bad: np.ndarray) -> Table:
    """The printed table of a characteristic: observed figures and points by attribute, last those of a missing value.

    Args:
        values: of development rows, with missing values replaced where they count as another value.
        bad: 1 bad, 0 good.

    Returns:
        By attribute `from` and `to` (None where open, both where missing), `share` of rows, `bad_rate`, `woe` and
        `points`.
    """
    bounds = [None, *points.splits, None]
    number = np.where(np.isnan(values), len(points.counts), np.digitize(values, points.splits))
    rows = [*zip(bounds[:-1], bounds[1:], weights.counts, points.counts, strict=True)]
    rows.append((None, None, weights.missing, points.missing))
    return tuple(
        {"from": low, "to": high, "share": float((number == i).mean()), "bad_rate": _rate(bad[number == i])}
        | {"woe": woe, "points": counted}
        for i, (low, high, woe, counted) in enumerate(rows)
    )


def _rate(bad: np.ndarray) -> float | None:
    return float(bad.mean()) if len(bad) else None
