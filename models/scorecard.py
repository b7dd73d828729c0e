"""The benchmark: a WoE scorecard, which a more complex model must at least equal."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression
from sklearn.linear_model import LogisticRegression

from models import metrics
from models.points import Characteristic

# optbinning imports cvxpy after OR-tools, whose copies of HiGHS clash; cvxpy says so at length and does without
logging.getLogger("__cvxpy__").disabled = True
from optbinning import OptimalBinning  # noqa: E402

_LEAST_IV = 0.02
_MOST_FEATURES = 12
_MOST_CORRELATION = 0.7
_MOST_PREBINS = 10
_LEAST_PREBIN = 0.05  # share of rows
_ROUNDING = 1e-6  # precision to which optbinning rounds rates
_DIRECTION = {1: "ascending", -1: "descending", 0: "auto_asc_desc"}


@dataclass(frozen=True)
class Scorecard:
    """A logistic regression on the weights of evidence of a few optimally binned features.

    Attributes:
        features: column numbers.
        bins: the fitted binning of each.
        iv: information value of each in its own bins, which are chosen for it.
        coefficients: of the weights of evidence; negative, as WoE is ln(goods / bads).
    """

    features: tuple[int, ...]
    bins: tuple[OptimalBinning, ...]
    iv: tuple[float, ...]
    intercept: float
    coefficients: tuple[float, ...]

    def margin(self, x: np.ndarray) -> np.ndarray:
        """Log-odds of default of each row of a feature matrix."""
        return self.intercept + _woe(x[:, list(self.features)], self.bins) @ np.array(self.coefficients)

    def weights(self) -> tuple[Characteristic, ...]:
        """Splits and weights of evidence of each feature, as plain numbers."""
        return tuple(_weights(bins) for bins in self.bins)


Rows = tuple[np.ndarray, np.ndarray]
_Binned = tuple[int, OptimalBinning]  # a column number and its bins


def benchmark(
    known: Rows, late: Rows, features: tuple[str, ...], directions: tuple[int, ...]
) -> tuple[dict[str, Any], np.ndarray]:
    """Fit a scorecard on the development rows and describe its content and its performance.

    Args:
        known, late: feature matrix and label, in time and out of time.

    Returns:
        Its description, and its log-odds of the late rows.
    """
    card = fit(*known, directions)
    if card is None:
        return {"features": [], "auc_development": 0.5, "auc_oot": 0.5, "ks_oot": 0.0}, np.zeros(len(late[1]))
    parts = zip(card.features, card.iv, card.coefficients, card.bins, strict=True)
    margin = card.margin(late[0])
    described = {
        "features": [
            {"feature": features[j], "iv": iv, "coefficient": coefficient, "bins": len(bins.splits) + 1}
            for j, iv, coefficient, bins in parts
        ],
        "auc_development": metrics.auc(known[1], card.margin(known[0])),
        "auc_oot": metrics.auc(late[1], margin),
        "ks_oot": metrics.ks(late[1], margin),
    }
    return described, margin


def fit(x: np.ndarray, bad: np.ndarray, directions: tuple[int, ...]) -> Scorecard | None:
    """Bin every feature in its declared direction, take the informative and dissimilar ones, regress.

    Optimal binning after Navas-Palencia (2020). Features come in the order of their IV (at least 0.02), skipping
    those that correlate above 0.7 with one taken before, at most twelve.

    Returns:
        None if no feature is informative.
    """
    taken = _dissimilar(_ranked(x, bad, directions), x)
    if not taken:
        return None
    features, bins = zip(*taken, strict=True)
    woe = _woe(x[:, list(features)], bins)
    kept = _right_signs(woe, bad)
    model = LogisticRegression().fit(woe[:, kept], bad)
    return Scorecard(
        features=tuple(int(features[i]) for i in kept),
        bins=tuple(bins[i] for i in kept),
        iv=tuple(float(bins[i].binning_table.iv or 0) for i in kept),
        intercept=float(model.intercept_[0]),
        coefficients=tuple(map(float, model.coef_[0])),
    )


def _ranked(x: np.ndarray, bad: np.ndarray, directions: tuple[int, ...]) -> Iterator[_Binned]:
    """The informative features with their bins, largest IV first, each binned no sooner than its turn can have come.

    What is asked for decides how many are binned (lazy evaluation of what has a bound, Minoux 1978): to bin takes
    ten times as long as its bound.
    """
    columns = [j for j in range(x.shape[1]) if _varies(x[:, j], bad)]
    waiting: list[tuple[float, bool, int, OptimalBinning | None]]
    waiting = [(-_bound(x[:, j], bad, directions[j]), False, j, None) for j in columns]
    heapify(waiting)
    while waiting and -waiting[0][0] >= _LEAST_IV:
        _, _, j, bins = heappop(waiting)
        if bins:
            yield j, bins
        elif len((bins := _bin(x[:, j], bad, directions[j])).splits):
            heappush(waiting, (-float(bins.binning_table.iv or 0), True, j, bins))


def _bound(values: np.ndarray, bad: np.ndarray, direction: int) -> float:
    """An IV that `_bin` doesn't exceed: that of the isotonic regression of bad on a feature, with the missing apart.

    IV is a sum of convex functions of bad rates, each of which isotonic regression makes as large as any bins do whose
    bad rates are in order (Robertson, Wright and Dykstra 1988, theorem 1.5.1). Infinite where it has no bound, for all
    at one end are good, or bad.
    """
    is_known = ~np.isnan(values)
    every, bads = _finest(values[is_known], bad[is_known], _LEAST_PREBIN * len(values))
    goods_missing, bads_missing = (np.sum(bad[~is_known] == outcome) for outcome in (0, 1))
    trends = (direction,) if direction else (1, -1)
    rates = [isotonic_regression(bads / every, weights=every, increasing=trend > 0).x for trend in trends]
    if min(map(np.min, rates)) <= 0 or max(map(np.max, rates)) >= 1:
        return np.inf
    of = [_iv(np.append(every * (1 - each), goods_missing), np.append(every * each, bads_missing)) for each in rates]
    return max(of) * (1 + _ROUNDING)


def _finest(values: np.ndarray, bad: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows, and bads among them, of each value; at either end of as many values as no bin of so many rows parts."""
    distinct, every = np.unique(values, return_counts=True)
    of_bads, counted = np.unique(values[bad == 1], return_counts=True)  # to sort twice takes less than to number rows
    bads = np.zeros(len(every))
    bads[np.searchsorted(distinct, of_bads)] = counted
    least = min(least, len(values) / 2)
    first, last = (int(np.searchsorted(np.cumsum(counts), least)) for counts in (every, every[::-1]))
    starts = np.append(0, np.arange(first + 1, len(every) - last))
    return np.add.reduceat(every, starts), np.add.reduceat(bads, starts)


def _iv(goods: np.ndarray, bads: np.ndarray) -> float:
    """IV as optbinning computes it: a bin that is all good or all bad adds nothing."""
    is_mixed = (goods > 0) & (bads > 0)
    of_goods, of_bads = goods[is_mixed] / goods.sum(), bads[is_mixed] / bads.sum()
    return float(np.sum((of_goods - of_bads) * np.log(of_goods / of_bads)))


def _varies(values: np.ndarray, bad: np.ndarray) -> bool:
    """Whether a feature can be binned: several values, with known ones of both goods and bads."""
    is_known = ~np.isnan(values)
    return bool(is_known.any()) and all(np.ptp(each[is_known]) > 0 for each in (bad, values))


def _bin(values: np.ndarray, bad: np.ndarray, direction: int) -> OptimalBinning:
    bins = OptimalBinning(
        max_n_prebins=_MOST_PREBINS, min_prebin_size=_LEAST_PREBIN, monotonic_trend=_DIRECTION[direction]
    ).fit(values, bad)
    bins.binning_table.build()
    return bins


def _woe(x: np.ndarray, bins: tuple[OptimalBinning, ...]) -> np.ndarray:
    return np.column_stack([b.transform(x[:, i], metric_missing=missing_woe(b)) for i, b in enumerate(bins)])


def missing_woe(bins: OptimalBinning) -> float:
    """WoE of the missing: as observed, with half a case more of each where they are all good or all bad.

    Where nothing was missing it is that of the worst bin. optbinning itself takes both for average.
    """
    good, bad = np.asarray(bins.binning_table.n_nonevent, float), np.asarray(bins.binning_table.n_event, float)
    if good[-1] + bad[-1] == 0:
        is_mixed = (good > 0) & (bad > 0)
        return float(np.log(good[is_mixed] / good.sum() / (bad[is_mixed] / bad.sum())).min())
    half = 0.0 if good[-1] and bad[-1] else 0.5
    return float(np.log((good[-1] + half) / good.sum() / ((bad[-1] + half) / bad.sum())))


def _weights(bins: OptimalBinning) -> Characteristic:
    """Splits that part float32 values as the bins' own do, and the weights of evidence between them."""
    own = np.asarray(bins.splits, float)
    near = own.astype(np.float32)
    splits = np.where(near < own, np.nextafter(near, np.float32(np.inf)), near).astype(float)
    woe = bins.transform(np.array([np.nextafter(own[0], -np.inf), *own]), metric="woe")
    return Characteristic(tuple(splits.tolist()), tuple(map(float, woe)), missing_woe(bins))


def _dissimilar(ranked: Iterator[_Binned], x: np.ndarray) -> list[_Binned]:
    taken: list[_Binned] = []
    columns: list[np.ndarray] = []
    for j, bins in ranked:
        column = _woe(x[:, [j]], (bins,))[:, 0]
        if all(abs(np.corrcoef(column, other)[0, 1]) <= _MOST_CORRELATION for other in columns):
            taken.append((j, bins))
            columns.append(column)
        if len(taken) == _MOST_FEATURES:
            break
    return taken


def _right_signs(woe: np.ndarray, bad: np.ndarray) -> list[int]:
    """Columns left after columns whose coefficient contradicts their binning are dropped, worst first."""
    kept = list(range(woe.shape[1]))
    while len(kept) > 1:
        coefficients = LogisticRegression().fit(woe[:, kept], bad).coef_[0]
        if coefficients.max() < 0:
            break
        kept.pop(int(coefficients.argmax()))
    return kept
