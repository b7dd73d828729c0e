"""Have the distributions moved since development?"""

import numpy as np
import pandas as pd
from scipy import stats

from models import metrics
from models.validation.finding import UNTESTED, Measure


def by_chance(bins: int, n: int, m: int, tests: int = 1) -> float:
    """PSI that two samples of one population exceed in 5% of cases (Yurdakul 2018), after Bonferroni."""
    return float(stats.chi2.isf(0.05 / tests, max(bins - 1, 1))) * (1 / n + 1 / m)


def psi(before: np.ndarray, after: np.ndarray, bins: int = 10) -> Measure:
    """PSI of one column, with a bin for missing values (Siddiqi 2017); judged by the part beyond chance."""
    index = metrics.csi(before, after, bins)
    return Measure(index, bound=max(index - by_chance(bins + 1, len(before), len(after)), 0))


def csi(before: pd.DataFrame, after: pd.DataFrame, bins: int = 10) -> Measure:
    """Largest CSI of a feature; it names all features beyond 0.25 after subtracting chance, else the largest."""
    indices = {str(name): metrics.csi(before[name], after[name], bins) for name in before}
    return largest(indices, by_chance(bins + 1, len(before), len(after), len(indices)), 0.25)


def largest(figures: dict[str, float], chance: float, least: float) -> Measure:
    """The largest figure of a feature, judged after subtracting `chance`; it names all features beyond `least`."""
    ranked = sorted(figures, key=lambda name: -figures[name])
    if not ranked:
        return UNTESTED
    beyond = tuple(name for name in ranked if figures[name] - chance > least)
    first = figures[ranked[0]]
    return Measure(first, bound=max(first - chance, 0), where=beyond or (ranked[0],))


def missing_rates(before: pd.DataFrame, after: pd.DataFrame) -> Measure:
    """Largest change of a feature's missing rate, judged by its lower bound (two proportions, after Bonferroni)."""
    rates, now = (pd.Series(part.isna().to_numpy().mean(axis=0), part.columns) for part in (before, after))
    z = float(stats.norm.isf(0.025 / max(rates.size, 1)))
    spread = np.sqrt(rates * (1 - rates) / len(before) + now * (1 - now) / len(after))
    change = (now - rates).abs()
    if change.empty:
        return UNTESTED
    bound = (change - z * spread).clip(lower=0)
    worst = str(bound.idxmax()) if bound.any() else str(change.idxmax())
    here, error = float(change[worst]), float(spread[worst])
    return Measure(here, float(bound[worst]), here + z * error, bound=float(bound[worst]), where=(worst,))
