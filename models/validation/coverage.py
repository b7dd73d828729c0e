"""Is the capacity true? `reached` says whether income reached the predicted quantile, `meant` how often it should.

A quantile is true if income reaches it as often as its level says, over all rows and in each part. Romano et al. 2019
set the level; coverage over all rows proves nothing for parts (Barber et al. 2021).
"""

from dataclasses import replace

import numpy as np
from scipy import stats

from models.validation import finding, part_names
from models.validation.finding import UNTESTED, Measure


def coverage(reached: np.ndarray, meant: float, tests: int = 1) -> Measure:
    """Share of rows that reached it less the share `meant` (Clopper-Pearson); judged by the part beyond chance.

    Args:
        tests: number of tests that this is one of, for the interval and for chance (Bonferroni).
    """
    n = len(reached)
    met = finding.exact_share(int(reached.sum()), n, 1 - 0.05 / tests)
    missed = met.statistic - meant
    chance = float(stats.norm.isf(0.025 / tests) * np.sqrt(meant * (1 - meant) / n))
    return Measure(missed, met.low - meant, met.high - meant, bound=max(abs(missed) - chance, 0))


def worst(reached: np.ndarray, meant: float, parts: dict[str, np.ndarray]) -> Measure:
    """Coverage of the part that deviates most beyond chance, after Bonferroni.

    Args:
        parts: name → mask of a part.
    """
    of_parts = [replace(coverage(reached[mask], meant, len(parts)), where=(name,)) for name, mask in parts.items()]
    return finding.worst(of_parts, lambda miss: (miss.judged, abs(miss.statistic)))


def bands(capacity: np.ndarray, count: int = 5) -> dict[str, np.ndarray]:
    """Masks of parts of equal size, from the lowest capacity to the highest."""
    ranked = np.array_split(np.argsort(capacity, kind="stable"), count)
    masks = {part_names.numbered(i, count): np.isin(np.arange(len(capacity)), part) for i, part in enumerate(ranked, 1)}
    return {name: mask for name, mask in masks.items() if mask.any()}


def overstated(income: np.ndarray, capacity: np.ndarray, share: float = 0.5) -> Measure:
    """Share of rows with an income below `share` of the capacity (Clopper-Pearson); judged by its lower bound."""
    return finding.proven_share(int((income < share * capacity).sum()), len(income))


def of_income(income: np.ndarray, capacity: np.ndarray, groups: dict[str, np.ndarray]) -> Measure:
    """Ratio of the lowest to the highest share of capacity in income over all groups.

    Judged by the upper bound of its interval (delta method, after Bonferroni), like the four-fifths rule of selection.

    Args:
        groups: name → mask of a group.
    """
    earning = {name: mask for name, mask in groups.items() if income[mask].mean() > 0 < capacity[mask].mean()}
    if len(earning) < 2:
        return UNTESTED
    shares = {name: _log_share(income[mask], capacity[mask]) for name, mask in earning.items()}
    best, least = (pick(shares, key=lambda name: shares[name][0]) for pick in (max, min))
    z = float(stats.norm.isf(0.025 / (len(shares) - 1)))
    middle = shares[least][0] - shares[best][0]
    error = float(np.hypot(shares[least][1], shares[best][1]))
    ratio, low, high = (float(np.exp(middle + end * error)) for end in (0, -z, z))
    return Measure(ratio, low, high, bound=high, where=(least,))


def _log_share(income: np.ndarray, capacity: np.ndarray) -> tuple[float, float]:
    """Logarithm of mean capacity over mean income, and its standard error."""
    ratio = float(capacity.mean() / income.mean())
    spread = float(np.std(capacity - ratio * income, ddof=1) / (income.mean() * np.sqrt(len(income))))
    return float(np.log(ratio)), spread / ratio
