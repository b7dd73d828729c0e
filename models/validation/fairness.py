"""Are groups treated alike? `groups` is a column of a protected attribute, null if it may not be known."""

import numpy as np
import pandas as pd
from scipy import stats

from models.validation import weak_parts
from models.validation.finding import UNTESTED, Measure


def _masks(groups: pd.Series, among: np.ndarray) -> dict[str, np.ndarray]:
    values = groups.reset_index(drop=True)
    masks = {str(value): (values == value).to_numpy(bool, na_value=False) & among for value in values.dropna().unique()}
    large = {name: mask for name, mask in sorted(masks.items()) if mask.sum() >= weak_parts.LEAST_ROWS}
    return {f"{groups.name} {name}": mask for name, mask in large.items()}


def _rates(admitted: np.ndarray, groups: pd.Series, among: np.ndarray) -> tuple[dict[str, tuple[float, int]], float]:
    masks = _masks(groups, among)
    z = float(stats.norm.isf(0.025 / max(len(masks) - 1, 1)))
    return {name: (float(admitted[mask].mean()), int(mask.sum())) for name, mask in masks.items()}, z


def selection(admitted: np.ndarray, groups: pd.Series) -> Measure:
    """Ratio of the lowest to the highest admission rate of groups, with a Katz log interval (1978) after Bonferroni.

    Judged by its upper bound; the four-fifths rule (29 CFR 1607.4 D) is the custom threshold.
    """
    rates, z = _rates(admitted, groups, np.ones(len(groups), bool))
    best = max(rates, key=lambda name: rates[name][0], default="")
    others = {name: of_group for name, of_group in rates.items() if name != best}
    if not others or not rates[best][0]:
        return UNTESTED
    worst = min(others, key=lambda name: others[name][0])
    (rate, n), (top, m) = others[worst], rates[best]
    error = float(np.sqrt((1 - rate) / max(n * rate, 0.5) + (1 - top) / (m * top)))
    ratio = rate / top
    low, high = (float(max(ratio, 0.5 / n) * np.exp(end * error)) for end in (-z, z))
    return Measure(ratio, low, high, bound=high, where=(worst,))


def equal_opportunity(admitted: np.ndarray, bad: np.ndarray, groups: pd.Series) -> Measure:
    """Largest difference of admission rates among borrowers who repaid (Hardt et al. 2016), after Bonferroni.

    Judged by the lower bound of its interval.
    """
    rates, z = _rates(admitted, groups, bad == 0)
    if len(rates) < 2:
        return UNTESTED
    worst, best = (pick(rates, key=lambda name: rates[name][0]) for pick in (min, max))
    gap = rates[best][0] - rates[worst][0]
    error = float(np.sqrt(sum(rate * (1 - rate) / n for rate, n in (rates[best], rates[worst]))))
    return Measure(gap, gap - z * error, gap + z * error, bound=max(gap - z * error, 0), where=(worst,))


def calibration(bad: np.ndarray, pd_: np.ndarray, groups: pd.Series) -> Measure:
    """Largest error of a group's mean PD (calibration within groups, Kleinberg et al. 2017), after Bonferroni."""
    masks = _masks(groups, np.ones(len(groups), bool))
    return weak_parts.calibration(bad, pd_, masks) if len(masks) > 1 else UNTESTED
