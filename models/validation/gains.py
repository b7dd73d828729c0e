"""What does a prediction say beyond a constant? A gain is the share of the constant's loss that it saves."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy import stats

from models.validation import finding
from models.validation.discrimination import Z95
from models.validation.finding import UNTESTED, Measure
from models.validation.weak_parts import LEAST_ROWS


@dataclass(frozen=True)
class Losses:
    """Loss of each row by a model, and by what it is compared with."""

    own: np.ndarray
    other: np.ndarray

    def among(self, mask: np.ndarray) -> Self:
        """The same of some rows only."""
        return replace(self, own=self.own[mask], other=self.other[mask])


def gain(of: Losses) -> Measure:
    """Loss saved, as a share of the other's loss (interval of a ratio: delta method); UNTESTED of too few rows."""
    if len(of.own) < LEAST_ROWS or not of.other.any():
        return UNTESTED
    ratio = float(of.own.mean() / of.other.mean())
    error = float(np.std(of.own - ratio * of.other, ddof=1) / (of.other.mean() * np.sqrt(len(of.own))))
    return Measure(1 - ratio, 1 - ratio - Z95 * error, 1 - ratio + Z95 * error)


def drop(before: Measure, after: Measure) -> Measure:
    """How much less a figure of other rows is, one-sided test of independent samples by the figures' intervals."""
    lost = before.statistic - after.statistic
    error = float(np.hypot(before.high - before.low, after.high - after.low) / (2 * Z95))
    p = float(stats.norm.sf(lost / error)) if error else float(lost <= 0)
    return Measure(lost, lost - Z95 * error, lost + Z95 * error, p=p)


def drop_by_part(of: Losses, parts: dict[str, np.ndarray], development: np.ndarray) -> Measure:
    """Largest drop of a part's gain from development to out of time, after Bonferroni.

    Args:
        parts: name → mask of a part, over all rows.
        development: mask of the rows that the model learnt from.
    """
    each = {
        name: drop(gain(of.among(mask & development)), gain(of.among(mask & ~development)))
        for name, mask in parts.items()
    }
    drops = [replace(measure, where=(name,)) for name, measure in each.items() if not np.isnan(measure.judged)]
    largest = finding.worst(drops, lambda measure: (-measure.judged, measure.statistic))
    return replace(largest, p=min(largest.judged * len(drops), 1)) if drops else UNTESTED


def over(rival: Losses) -> Measure:
    """Loss saved against a rival on the same rows, one-sided test of a rival that is better (Diebold, Mariano 1995)."""
    saved = gain(rival)
    error = (saved.high - saved.low) / (2 * Z95)
    p = float(stats.norm.cdf(saved.statistic / error)) if error else float(saved.statistic >= 0)
    return replace(saved, p=p)


def rank_correlation(actual: np.ndarray, predicted: np.ndarray) -> Measure:
    """Spearman's rank correlation, with Fisher's interval by Bonett and Wright 2000."""
    if not (np.ptp(actual) and np.ptp(predicted)):
        return UNTESTED
    rho = float(np.corrcoef(stats.rankdata(actual), stats.rankdata(predicted))[0, 1])
    error = float(np.sqrt((1 + rho**2 / 2) / (len(actual) - 3)))
    middle = float(np.arctanh(np.clip(rho, -0.999999, 0.999999)))
    low, high = (float(np.tanh(middle + sign * Z95 * error)) for sign in (-1, 1))
    return Measure(rho, low, high)
