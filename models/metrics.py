"""Measures of credit models. `bad` is 1 for default and 0 for good throughout, and a higher score means more risk."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from conf.schema.errors import DataError

_EMPTY_SHARE = 1e-4  # stands for an empty bin, whose logarithm has no value


def auc(bad: ArrayLike, score: ArrayLike) -> float:
    """Area under the ROC curve: the chance that a bad scores above a good, ties counting half (Mann-Whitney).

    Raises:
        DataError: all rows are good, or all bad.
    """
    bad = np.asarray(bad, bool)
    bads, goods = _both(bad)
    return float((stats.rankdata(np.asarray(score))[bad].sum() - bads * (bads + 1) / 2) / (bads * goods))


def jeffreys_p(bads: int, n: int, pd_: float) -> float:
    """Posterior chance that the true rate lies on the less likely side of a PD, doubled (two-sided Jeffreys)."""
    below = float(stats.beta.cdf(pd_, bads + 0.5, n - bads + 0.5))
    return min(2 * min(below, 1 - below), 1.0)


def auc_standard_error(area: float, bads: int, goods: int) -> float:
    """Standard error of an AUC from its counts (Hanley and McNeil 1982)."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (bads - 1) * (q1 - area**2) + (goods - 1) * (q2 - area**2)
    return float(np.sqrt(variance / (bads * goods)))


def auc_difference_error(bad: ArrayLike, one: ArrayLike, other: ArrayLike) -> float:
    """Standard error of the difference of two scores' AUC on the same rows (DeLong et al. 1988).

    Raises:
        DataError: all rows are bad, or none is.
    """
    bad = np.asarray(bad, bool)
    _both(bad)
    (bads, goods), (other_bads, other_goods) = (_placements(bad, np.asarray(score)) for score in (one, other))
    return float(
        np.sqrt(np.var(bads - other_bads, ddof=1) / len(bads) + np.var(goods - other_goods, ddof=1) / len(goods))
    )


def _placements(bad: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of goods that each bad scores above, and of bads that score above each good; ties count half."""
    among_all = stats.rankdata(score)
    above = (among_all[bad] - stats.rankdata(score[bad])) / (~bad).sum()
    below = (among_all[~bad] - stats.rankdata(score[~bad])) / bad.sum()
    return above, 1 - below


def _both(bad: np.ndarray) -> tuple[int, int]:
    """Number of bads and number of goods."""
    bads, goods = int(bad.sum()), int((~bad).sum())
    if not bads or not goods:
        raise DataError(
            f"{bads} of {len(bad)} rows are bad and {goods} good, but metrics of ranking need both; give rows of a "
            "period with both"
        )
    return bads, goods


def gini(bad: ArrayLike, score: ArrayLike) -> float:
    """Gini coefficient (accuracy ratio): 2 AUC - 1."""
    return 2 * auc(bad, score) - 1


def roc(bad: ArrayLike, score: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Shares of goods and of bads at or above each distinct score, from (0, 0) to (1, 1).

    Raises:
        DataError: all rows are bad, or none is.
    """
    bad, score = np.asarray(bad, bool), np.asarray(score)
    _both(bad)
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), score.size - 1)
    hits = bad[order].cumsum()[last]
    return np.append(0, (last + 1 - hits) / (~bad).sum()), np.append(0, hits / bad.sum())


def ks(bad: ArrayLike, score: ArrayLike) -> float:
    """Kolmogorov-Smirnov statistic: the largest distance between the cumulative shares of bads and goods."""
    goods, bads = roc(bad, score)
    return float(np.abs(bads - goods).max())


def brier(bad: ArrayLike, pd_: ArrayLike) -> float:
    """Brier score: mean squared error of the PD."""
    return float(np.mean((np.asarray(pd_) - np.asarray(bad)) ** 2))


def log_loss(bad: ArrayLike, pd_: ArrayLike) -> float:
    """Mean negative log-likelihood of the PD (nats)."""
    bad, pd_ = np.asarray(bad, float), np.clip(pd_, 1e-15, 1 - 1e-15)
    return float(-np.mean(bad * np.log(pd_) + (1 - bad) * np.log1p(-pd_)))


def binomial_p(bads: int, n: int, pd_: float) -> float:
    """Chance of at least that many bads among `n` if `pd_` were true; small means that risk is underestimated."""
    return float(stats.binom.sf(bads - 1, n, pd_))


def psi(expected: ArrayLike, actual: ArrayLike) -> float:
    """Population stability index of two lists of shares: below 0.1 fine, above 0.25 act."""
    expected, actual = (np.maximum(np.asarray(shares, float), _EMPTY_SHARE) for shares in (expected, actual))
    return float(np.sum((actual - expected) * np.log(actual / expected)))


def csi(expected: ArrayLike, actual: ArrayLike, bins: int = 10) -> float:
    """Characteristic stability index: the PSI of two samples, binned at the quantiles of `expected`, missing apart.

    A value that alone fills a bin of `expected` gets a bin to itself, so that values that move below it are seen: of a
    feature that was constant the bins are below, at and above the constant.
    """
    values = np.asarray(expected, float)
    edges, known = quantile_edges(values, bins), (~np.isnan(values)).sum()
    heavy = edges[[(values == edge).sum() * bins >= known for edge in edges]]
    edges = np.union1d(edges, np.nextafter(heavy, -np.inf))
    return psi(shares(values, edges), shares(actual, edges))


def quantile_edges(values: ArrayLike, bins: int) -> np.ndarray:
    """Distinct inner edges of at most `bins` bins with equal counts; missing values are left out."""
    values = np.asarray(values, float)
    known = np.sort(values[~np.isnan(values)])  # of which quantiles take a third less time
    return np.unique(np.quantile(known, np.arange(1, bins) / bins)) if known.size else known


def binned(values: ArrayLike, edges: np.ndarray) -> np.ndarray:
    """Bin number of each value: `(edge, next]` counted from 0, with one more bin for the missing."""
    values = np.asarray(values, float)
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="left"))


def shares(values: ArrayLike, edges: np.ndarray) -> np.ndarray:
    """Share of the values in each bin of `binned`."""
    counts = np.bincount(binned(values, edges), minlength=len(edges) + 2)
    return counts / counts.sum()


def woe_iv(good: ArrayLike, bad: ArrayLike) -> tuple[np.ndarray, float]:
    """Weight of evidence per bin, ln(share of goods / share of bads), and the information value of all bins."""
    goods, bads = (np.maximum(np.asarray(n, float) / np.sum(n), _EMPTY_SHARE) for n in (good, bad))
    woe = np.log(goods / bads)
    return woe, float(np.sum((goods - bads) * woe))


def information_value(values: ArrayLike, bad: ArrayLike, bins: int = 5) -> float:
    """IV of one feature in quantile bins: below 0.02 none, 0.1-0.3 medium, above 0.5 suspect leakage."""
    values = np.asarray(values, float)
    numbers = binned(values, quantile_edges(values, bins))
    bad = np.asarray(bad, int)
    bads, all_ = np.bincount(numbers, weights=bad), np.bincount(numbers)
    filled = all_ > 0
    return woe_iv((all_ - bads)[filled], bads[filled])[1]


def pinball(actual: ArrayLike, predicted: ArrayLike, quantile: float) -> float:
    """Mean pinball loss of a predicted quantile, see `pinball_losses`."""
    return float(pinball_losses(actual, predicted, quantile).mean())


def pinball_losses(actual: ArrayLike, predicted: ArrayLike, quantile: float) -> np.ndarray:
    """Pinball loss of each row of a predicted quantile (Koenker and Bassett 1978), in the unit of `actual`."""
    miss = np.asarray(actual, float) - np.asarray(predicted, float)
    return np.maximum(quantile * miss, (quantile - 1) * miss)


def bands(pd_: ArrayLike, bad: ArrayLike, names: Sequence[str], max_pd: ArrayLike) -> pd.DataFrame:
    """Grade table: one row per band of PD `(previous max, max]`, best first, empty ones included.

    Returns:
        grade, max_pd, n, share, bads, bad_rate, mean_pd and binomial_p (see `binomial_p`).
    """
    frame = pd.DataFrame({"band": np.searchsorted(max_pd, pd_, side="left"), "pd": pd_, "bad": bad})
    grouped = frame.groupby("band").agg(n=("bad", "size"), bads=("bad", "sum"), mean_pd=("pd", "mean"))
    table = grouped.reindex(range(len(names)))
    counts = table.loc[:, ["n", "bads"]].fillna(0).astype(int)
    table = table.assign(n=counts["n"], bads=counts["bads"], share=counts["n"] / len(frame), grade=list(names))
    table["bad_rate"] = table["bads"] / table["n"].where(table["n"] > 0)
    table["max_pd"] = np.asarray(max_pd, float)
    table["binomial_p"] = [
        binomial_p(bads, n, mean_pd) if n else np.nan
        for bads, n, mean_pd in zip(table["bads"], table["n"], table["mean_pd"], strict=True)
    ]
    shown = ["grade", "max_pd", "n", "share", "bads", "bad_rate", "mean_pd", "binomial_p"]
    return table.loc[:, shown].reset_index(drop=True)


def swap_set(before: ArrayLike, after: ArrayLike) -> pd.DataFrame:
    """How many are admitted (True) before and after a change of model: four counts that sum to the population."""
    labels = pd.Index(["declined", "admitted"])
    before, after = (pd.Categorical.from_codes(np.asarray(flags, int).tolist(), labels) for flags in (before, after))
    return pd.crosstab(before, after, rownames=["before"], colnames=["after"], dropna=False)


def vintages(disbursed: pd.Series, months_to_default: pd.Series, months_observed: pd.Series) -> pd.DataFrame:
    """Vintage triangle: cumulative default rate by quarter of disbursement and month on book.

    Args:
        disbursed: day of disbursement of each loan.
        months_to_default: month on book of its default; null if it has none.
        months_observed: months on book that can be seen.

    Returns:
        One row per quarter, one column per month on book; NaN where not every loan of the quarter is that old.
    """
    quarter = pd.Series(disbursed.dt.to_period("Q"), name="vintage")
    months = range(1, int(months_observed.max()) + 1)
    mature = pd.Series(months_observed.groupby(quarter).min())
    rates = {month: (months_to_default <= month).groupby(quarter).mean() for month in months}
    return pd.DataFrame({month: rate.where(mature >= month) for month, rate in rates.items()})
