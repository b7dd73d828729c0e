"""Is the PD true, overall?"""

import numpy as np
from scipy import optimize, stats
from scipy.special import expit, logit

from models.metrics import jeffreys_p
from models.validation import finding
from models.validation.discrimination import Z95
from models.validation.finding import Measure

_LEAST_PD = 1e-6


def _jeffreys(bads: int, n: int) -> tuple[float, float]:
    low, high = stats.beta.interval(0.95, bads + 0.5, n - bads + 0.5)
    return float(low), float(high)


def binomial(bad: np.ndarray, pd_: np.ndarray) -> Measure:
    """Observed less mean PD, two-sided exact binomial test (BCBS Working Paper 14, 2005)."""
    bads, n, mean = int(bad.sum()), len(bad), float(pd_.mean())
    rate, p = finding.exact_share(bads, n), float(stats.binomtest(bads, n, mean).pvalue)
    return Measure(rate.statistic - mean, rate.low - mean, rate.high - mean, p=p)


def jeffreys(bad: np.ndarray, pd_: np.ndarray) -> Measure:
    """Observed less mean PD by the posterior beta(bads + 1/2, goods + 1/2), two-sided (ECB 2019, section 2.5.3)."""
    bads, n, mean = int(bad.sum()), len(bad), float(pd_.mean())
    low, high = _jeffreys(bads, n)
    return Measure(bads / n - mean, low - mean, high - mean, p=jeffreys_p(bads, n, mean))


def pd_too_low(bad: np.ndarray, pd_: np.ndarray) -> Measure:
    """Observed over mean PD, one-sided Jeffreys test of a PD that is too low (ECB 2019, section 2.5.3)."""
    bads, n, mean = int(bad.sum()), len(bad), max(float(pd_.mean()), _LEAST_PD)
    low, high = _jeffreys(bads, n)
    return Measure(bads / n / mean, low / mean, high / mean, p=float(stats.beta.cdf(mean, bads + 0.5, n - bads + 0.5)))


def spiegelhalter(bad: np.ndarray, pd_: np.ndarray) -> Measure:
    """Spiegelhalter's z of the Brier score, two-sided (Spiegelhalter 1986)."""
    missed = float(np.sum((bad - pd_) * (1 - 2 * pd_)))
    z = missed / float(np.sqrt(np.sum((1 - 2 * pd_) ** 2 * pd_ * (1 - pd_))))
    return Measure(z, p=2 * float(stats.norm.sf(abs(z))))


def in_the_large(bad: np.ndarray, pd_: np.ndarray) -> Measure:
    """Intercept of a logistic regression with the log-odds of the PD as offset; Wald test of 0 (Cox 1958)."""
    offset = _log_odds(pd_)

    def excess(intercept: float) -> float:
        return float(np.sum(bad - expit(offset + intercept)))

    solved = optimize.root_scalar(excess, bracket=(-20, 20)).root if 0 < bad.sum() < len(bad) else float("nan")
    risk = expit(offset + solved)
    return _wald(solved, 0, float(1 / np.sqrt(np.sum(risk * (1 - risk)))))


def slope(bad: np.ndarray, pd_: np.ndarray) -> Measure:
    """Slope of a logistic regression on the log-odds of the PD; Wald test of 1 (Cox 1958)."""
    design = np.column_stack([np.ones(len(pd_)), _log_odds(pd_)])
    beta, information = np.array([0.0, 1.0]), np.eye(2)
    for _ in range(25):  # Newton's steps
        risk = expit(design @ beta)
        information = design.T @ (design * (risk * (1 - risk))[:, None])
        step = np.linalg.lstsq(information, design.T @ (bad - risk), rcond=None)[0]
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    return _wald(float(beta[1]), 1, float(np.sqrt(np.linalg.pinv(information)[1, 1])))


def hosmer_lemeshow(bad: np.ndarray, pd_: np.ndarray, bins: int = 8) -> Measure:
    """Hosmer-Lemeshow test over bins of equal counts; one degree of freedom per bin, because nothing is fitted on them.

    Hosmer, Lemeshow and Sturdivant 2013, section 5.2.2.
    """
    parts = [part for part in np.array_split(np.argsort(pd_, kind="stable"), bins) if len(part)]
    spread = [max(float(np.sum(pd_[part] * (1 - pd_[part]))), _LEAST_PD) for part in parts]
    sums = [float(np.sum(bad[part] - pd_[part])) ** 2 / each for part, each in zip(parts, spread, strict=True)]
    return Measure(sum(sums), p=float(stats.chi2.sf(sum(sums), len(parts))))


def _log_odds(pd_: np.ndarray) -> np.ndarray:
    return logit(np.clip(pd_, _LEAST_PD, 1 - _LEAST_PD))


def _wald(estimate: float, null: float, error: float) -> Measure:
    p = 2 * float(stats.norm.sf(abs(estimate - null) / error))
    return Measure(estimate, estimate - Z95 * error, estimate + Z95 * error, p=p)
