"""From the margin of a booster to a probability, strictly increasing, so that it never changes a ranking."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize
from scipy.special import expit, log_expit, logit


@dataclass(frozen=True)
class Platt:
    """PD = expit(intercept + slope x margin), with slope > 0 (Platt 1999)."""

    intercept: float
    slope: float

    def pd(self, margin: ArrayLike) -> np.ndarray:
        """Calibrated probability of default of each margin (log-odds)."""
        return expit(self.intercept + self.slope * np.asarray(margin, float))

    def margin(self, pd_: float) -> float:
        """The margin whose calibrated PD is `pd_`."""
        return float((logit(pd_) - self.intercept) / self.slope)


def fit(margin: ArrayLike, bad: ArrayLike) -> Platt:
    """Fit on held-out margins, by maximum likelihood with Platt's smoothed targets.

    The smoothing keeps rows without bads from a PD of zero. The slope is bounded below by 0.1: where the held-out
    rows happen to be ranked backwards, a flat calibration still keeps the ranking.
    """
    margin, bad = np.asarray(margin, float), np.asarray(bad, float)
    bads, goods = bad.sum(), (1 - bad).sum()
    target = np.where(bad == 1, (bads + 1) / (bads + 2), 1 / (goods + 2))

    centre, spread = float(margin.mean()), float(margin.std()) or 1.0
    standard = (margin - centre) / spread

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        z = theta[0] + theta[1] * standard
        miss = expit(z) - target
        return (
            -float(np.sum(target * log_expit(z) + (1 - target) * log_expit(-z))),
            np.array([miss.sum(), (miss * standard).sum()]),
        )

    # of few bads among many rows the mean of the loss is so flat that a search would end where it began
    best = optimize.minimize(
        loss,
        x0=[logit(target.mean()), spread],
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), (0.1 * spread, None)],
        options={"ftol": 1e-15, "gtol": 1e-8, "maxiter": 1000},
    )
    slope = float(best.x[1]) / spread
    return Platt(float(best.x[0]) - slope * centre, slope)
