"""Does the PD rank good and bad loans?"""

import numpy as np
from scipy import stats

from models import metrics
from models.validation.finding import UNTESTED, Measure, exact_share

Z95 = float(stats.norm.ppf(0.975))


def auc_error(bad: np.ndarray, score: np.ndarray) -> float:
    """Standard error of an AUC (DeLong, DeLong and Clarke-Pearson 1988), compared with a constant score."""
    return metrics.auc_difference_error(bad, score, np.zeros(len(bad)))


def has_both(bad: np.ndarray, least: int = 5) -> bool:
    """Whether there are enough bad and good rows for a ranking."""
    return min(int(np.sum(bad == 1)), int(np.sum(bad == 0))) >= least


def auc(bad: np.ndarray, pd_: np.ndarray) -> Measure:
    """AUC with its interval (DeLong et al. 1988)."""
    area, error = metrics.auc(bad, pd_), auc_error(bad, pd_)
    return Measure(area, max(area - Z95 * error, 0), min(area + Z95 * error, 1))


def auc_loss(bad: np.ndarray, pd_: np.ndarray, other_bad: np.ndarray, other_pd: np.ndarray) -> Measure:
    """AUC of some rows less the AUC of other rows; one-sided (DeLong, independent samples).

    ECB, Instructions for reporting the validation results of internal models (2019), section 2.6.2, tests the same
    for development and the present.
    """
    if not (has_both(bad) and has_both(other_bad)):
        return UNTESTED
    lost = metrics.auc(bad, pd_) - metrics.auc(other_bad, other_pd)
    error = float(np.hypot(auc_error(bad, pd_), auc_error(other_bad, other_pd)))
    if not error:
        return Measure(lost, lost, lost, p=float(lost <= 0))
    return Measure(lost, lost - Z95 * error, lost + Z95 * error, p=float(stats.norm.sf(lost / error)))


def gini(bad: np.ndarray, pd_: np.ndarray) -> Measure:
    """Gini coefficient, 2 AUC - 1."""
    area = auc(bad, pd_)
    return Measure(2 * area.statistic - 1, 2 * area.low - 1, 2 * area.high - 1)


def ks(bad: np.ndarray, pd_: np.ndarray) -> Measure:
    """Kolmogorov-Smirnov distance between bad and good rows."""
    return Measure(metrics.ks(bad, pd_))


def capture(bad: np.ndarray, pd_: np.ndarray, share: float = 0.2) -> Measure:
    """Share of all bad rows that are among the riskiest `share` of rows (Siddiqi 2017); Clopper-Pearson interval."""
    riskiest = np.argsort(-pd_, kind="stable")[: max(round(share * len(pd_)), 1)]
    caught, bads = int(bad[riskiest].sum()), int(bad.sum())
    return exact_share(caught, bads)


def lift(bad: np.ndarray, pd_: np.ndarray, share: float = 0.1) -> Measure:
    """Ratio of the bad rate of the riskiest `share` of rows to that of all rows (Siddiqi 2017)."""
    caught = capture(bad, pd_, share)
    return Measure(caught.statistic / share, caught.low / share, caught.high / share)


def brier_skill(bad: np.ndarray, pd_: np.ndarray) -> Measure:
    """1 - Brier score / that of the mean bad rate (Murphy 1973)."""
    return Measure(1 - metrics.brier(bad, pd_) / float(np.var(bad)))
