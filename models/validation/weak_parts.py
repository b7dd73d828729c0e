"""Is any part of the rows weak? Parts are quarters of each feature, and the groups of declared columns."""

import numpy as np
import pandas as pd
from scipy import stats

from models import metrics
from models.validation import part_names
from models.validation.discrimination import Z95, auc_loss, has_both
from models.validation.finding import UNTESTED, Measure

LEAST_ROWS = 30
_QUARTERS = 4


def parts(features: pd.DataFrame, groups: pd.DataFrame) -> dict[str, np.ndarray]:
    """Name, such as `age part 2 of 4` → mask of a part with enough rows; missing values are a part, too."""
    named: dict[str, np.ndarray] = {}
    for name, column in features.items():
        edges = metrics.quantile_edges(column, _QUARTERS)
        numbers = metrics.binned(column, edges)
        count = len(edges) + 1
        named |= {part_names.of_column(str(name), q + 1, count): numbers == q for q in range(count)}
        named[part_names.missing(str(name))] = column.isna().to_numpy()
    for name, column in groups.items():
        named |= {f"{name} {value}": (column == value).to_numpy(bool) for value in column.dropna().unique()}
    return {name: mask for name, mask in named.items() if LEAST_ROWS <= mask.sum() <= len(mask) - LEAST_ROWS}


def large(named: dict[str, np.ndarray], among: np.ndarray) -> dict[str, np.ndarray]:
    """The parts that have enough of some rows.

    Args:
        named: name → mask of a part over all rows.
        among: mask of those rows; the masks returned are over them only.
    """
    here = {name: mask[among] for name, mask in named.items()}
    return {name: mask for name, mask in here.items() if mask.sum() >= LEAST_ROWS}


def by_attribute(protected: pd.DataFrame) -> list[dict[str, np.ndarray]]:
    """For each attribute with several groups of enough rows, name → mask of a group."""
    each = [parts(protected[[]], protected[[name]]) for name in protected]
    return [groups for groups in each if len(groups) > 1]


def _sum_p(missed: np.ndarray, pd_: np.ndarray) -> float:
    """Two-sided p-value of a sum of `bad - pd` if the PDs are true (normal approximation, continuity correction)."""
    spread = float(np.sqrt(np.sum(pd_ * (1 - pd_))))
    return 2 * float(stats.norm.sf(max(abs(float(missed.sum())) - 0.5, 0) / spread)) if spread else 1.0


def calibration(bad: np.ndarray, pd_: np.ndarray, parts: dict[str, np.ndarray]) -> Measure:
    """Largest error of a part's mean PD (BCBS 2005, normal test by part), after Bonferroni.

    PiML (Sudjianto et al. 2023) searches for weak spots in the same parts.
    """
    if not parts:
        return UNTESTED
    p = {name: _sum_p((bad - pd_)[mask], pd_[mask]) for name, mask in parts.items()}
    missed = {name: float((bad - pd_)[mask].mean()) for name, mask in parts.items()}
    worst = min(p, key=lambda name: (p[name], -abs(missed[name])))
    return Measure(missed[worst], p=min(p[worst] * len(p), 1), where=(worst,))


def ranking(bad: np.ndarray, pd_: np.ndarray, parts: dict[str, np.ndarray]) -> Measure:
    """Largest AUC that a part loses against all other rows (DeLong, independent samples), after Bonferroni."""
    usable = [name for name, mask in parts.items() if has_both(bad[mask], 10) and has_both(bad[~mask], 10)]
    if not usable:
        return UNTESTED
    lost = {name: auc_loss(bad[~(m := parts[name])], pd_[~m], bad[m], pd_[m]) for name in usable}
    worst = min(lost, key=lambda name: (lost[name].judged, -lost[name].statistic))
    measure = lost[worst]
    return Measure(measure.statistic, measure.low, measure.high, p=min(measure.judged * len(lost), 1), where=(worst,))


def overfit(bad: np.ndarray, pd_: np.ndarray, parts: dict[str, np.ndarray], development: np.ndarray) -> Measure:
    """Largest rise of a part's Brier score from held-out folds to out of time, one-sided test, after Bonferroni.

    Args:
        parts: masks over all rows, see `parts`.
        development: mask of the rows that the model learnt from.
    """
    missed = (bad - pd_) ** 2
    usable = [
        name
        for name, mask in parts.items()
        if min(int((mask & development).sum()), int((mask & ~development).sum())) >= LEAST_ROWS
        and has_both(bad[mask & ~development], 10)
    ]
    if not usable:
        return UNTESTED
    rises = {name: _rise(missed[parts[name] & development], missed[parts[name] & ~development]) for name in usable}
    worst = min(rises, key=lambda name: (rises[name][1], -rises[name][0]))
    return Measure(rises[worst][0], p=min(rises[worst][1] * len(rises), 1), where=(worst,))


def _rise(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    rise = float(after.mean() - before.mean())
    error = float(np.sqrt(after.var(ddof=1) / len(after) + before.var(ddof=1) / len(before)))
    return rise, float(stats.norm.sf(rise / error)) if error else 1.0


def out_of_group(bad: np.ndarray, by_chance: np.ndarray, unseen: np.ndarray) -> Measure:
    """AUC that models lose if they never saw a row's group, one-sided (DeLong et al. 1988).

    Leave-group-out, as in spatial cross-validation (Roberts et al. 2017), is compared with leaving out as many rows by
    chance, so that the effect of fewer rows isn't measured.

    Args:
        by_chance, unseen: PDs by models that left out rows drawn by chance, and the row's group; NaN if the group
            isn't known.
    """
    both = ~(np.isnan(unseen) | np.isnan(by_chance))
    bad, by_chance, unseen = bad[both], by_chance[both], unseen[both]
    if not has_both(bad):
        return UNTESTED
    lost = metrics.auc(bad, by_chance) - metrics.auc(bad, unseen)
    error = metrics.auc_difference_error(bad, by_chance, unseen)
    p = float(stats.norm.sf(lost / error)) if error else 1.0
    return Measure(lost, lost - Z95 * error, lost + Z95 * error, p=p)


def unusual(development: pd.DataFrame, late: pd.DataFrame, share: float = 0.2) -> np.ndarray:
    """Mask of the late rows farthest from development, by the sum of squared robust distances of their features."""
    middle = development.median()
    spread = (development.quantile(0.75) - development.quantile(0.25)).replace(0, np.nan)
    distance = (((late - middle) / spread).clip(-5, 5) ** 2).sum(axis=1)
    return (distance.rank(method="first", ascending=False) <= max(round(share * len(late)), 1)).to_numpy(bool)


def resilience(bad: np.ndarray, pd_: np.ndarray, unusual: np.ndarray) -> Measure:
    """AUC lost on the most unusual rows compared with all others (PiML's resilience test; DeLong)."""
    return auc_loss(bad[~unusual], pd_[~unusual], bad[unusual], pd_[unusual])
