"""Calibration: a strictly increasing map from margin to probability, so that it never changes a ranking."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize
from scipy.special import expit, log_expit, logit
from sklearn.isotonic import IsotonicRegression

from models import metrics

Method = Literal["platt", "isotonic", "beta"]
_LEAST_SLOPE = 0.1
_DIGITS = 12  # a step's PD is computed by sums, so that PDs of its rows may differ in later digits


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

    def moved(self, by: float) -> Self:
        """The same with all log-odds of PDs higher by `by`."""
        return replace(self, intercept=self.intercept + by)


@dataclass(frozen=True)
class Beta:
    """PD = expit(intercept + a ln p - b ln(1 - p)) of p = expit(margin), with a, b > 0 (Kull et al. 2017).

    Low and high margins have a slope each; with a = b it equals Platt's.
    """

    intercept: float
    a: float
    b: float

    def _log_odds(self, margin: ArrayLike) -> np.ndarray:
        margin = np.asarray(margin, float)
        return self.intercept + self.a * log_expit(margin) - self.b * log_expit(-margin)

    def pd(self, margin: ArrayLike) -> np.ndarray:
        """Calibrated probability of default of each margin (log-odds)."""
        return expit(self._log_odds(margin))

    def margin(self, pd_: float) -> float:
        """The margin whose calibrated PD is `pd_`."""
        aim = float(logit(pd_))
        # below 0 the curve lies under a line of slope a, above 0 over one of slope b
        low = min((aim - self.intercept - self.b * np.log(2)) / self.a, 0.0) - 1
        high = max((aim - self.intercept + self.a * np.log(2)) / self.b, 0.0) + 1
        solved = optimize.root_scalar(
            lambda margin: float(self._log_odds(margin)) - aim, bracket=(low, high), xtol=1e-12
        )
        return float(solved.root)

    def moved(self, by: float) -> Self:
        """The same with all log-odds of PDs higher by `by`."""
        return replace(self, intercept=self.intercept + by)


@dataclass(frozen=True)
class Isotonic:
    """Log-odds of the PD, linear between the centres of isotonic steps, and of slope 1 beyond them.

    Isotonic regression alone (Zadrozny and Elkan 2002) is flat within a step and would give a whole stretch of
    applicants one PD; through the centres of its steps it rises throughout (Oron and Flournoy 2017).

    Attributes:
        margins: mean margin of each step, rising.
        log_odds: of each step, rising.
    """

    margins: tuple[float, ...]
    log_odds: tuple[float, ...]

    def pd(self, margin: ArrayLike) -> np.ndarray:
        """Calibrated probability of default of each margin (log-odds)."""
        return expit(_through(np.asarray(margin, float), self.margins, self.log_odds))

    def margin(self, pd_: float) -> float:
        """The margin whose calibrated PD is `pd_`."""
        return float(_through(logit(pd_), self.log_odds, self.margins))

    def moved(self, by: float) -> Self:
        """The same with all log-odds of PDs higher by `by`."""
        return replace(self, log_odds=tuple(each + by for each in self.log_odds))


Calibration = Platt | Isotonic | Beta


def platt(margin: ArrayLike, bad: ArrayLike) -> Platt:
    """Fit on held-out margins, by maximum likelihood with Platt's smoothed targets.

    The smoothing keeps rows without bads from a PD of zero. The slope is bounded below by 0.1: where the held-out
    rows happen to be ranked backwards, a flat calibration still keeps the ranking.
    """
    return Platt(*_logistic([np.asarray(margin, float)], _targets(bad)))


def beta(margin: ArrayLike, bad: ArrayLike) -> Beta:
    """Fit as `platt` does, with a slope for ln p and one for -ln(1 - p), each bounded below by 0.1."""
    margin = np.asarray(margin, float)
    return Beta(*_logistic([log_expit(margin), -log_expit(-margin)], _targets(bad)))


def isotonic(margin: ArrayLike, bad: ArrayLike) -> Isotonic:
    """Fit on held-out margins, by isotonic regression on Platt's smoothed targets."""
    margin = np.asarray(margin, float)
    risks = IsotonicRegression().fit(margin, _targets(bad)).predict(margin)
    steps, where, rows = np.unique(np.round(risks, _DIGITS), return_inverse=True, return_counts=True)
    centres = np.bincount(where, weights=margin) / rows
    return Isotonic(tuple(centres.tolist()), tuple(logit(steps).tolist()))


FITS: dict[Method, Callable[[ArrayLike, ArrayLike], Calibration]] = {"platt": platt, "isotonic": isotonic, "beta": beta}


def recentred(fitted: Calibration, margin: np.ndarray, rate: float) -> Calibration:
    """The calibration with its log-odds moved as one, until the mean PD of some margins is a rate between 0 and 1.

    Correction of the intercept for the rate of another population (King and Zeng 2001); the ranking stays.
    """
    solved = optimize.root_scalar(
        lambda by: float(fitted.moved(by).pd(margin).mean()) - rate, bracket=(-50, 50), xtol=1e-12
    )
    return fitted.moved(float(solved.root))


def losses(margin: np.ndarray, bad: np.ndarray, folds: Iterable[tuple[np.ndarray, np.ndarray]]) -> dict[Method, float]:
    """Log loss of each method on rows that it wasn't fitted on.

    Args:
        margin, bad: of rows in order of time.
        folds: positions to fit on and, later, to score; see `splits.forward`.
    """
    parts = list(folds)
    scored = np.concatenate([test for _, test in parts])
    return {
        name: metrics.log_loss(bad[scored], np.concatenate([fit(margin[a], bad[a]).pd(margin[b]) for a, b in parts]))
        for name, fit in FITS.items()
    }


def as_dict(calibration: Calibration) -> dict[str, Any]:
    """A calibration's method and numbers, ready for JSON."""
    return {"method": type(calibration).__name__.lower(), **asdict(calibration)}


def of(document: dict[str, Any]) -> Calibration:
    """The calibration that `as_dict` wrote."""
    numbers = {name: value for name, value in document.items() if name != "method"}
    if document["method"] == "isotonic":
        return Isotonic(tuple(numbers["margins"]), tuple(numbers["log_odds"]))
    return {"platt": Platt, "beta": Beta}[document["method"]](**numbers)


def _targets(bad: ArrayLike) -> np.ndarray:
    bad = np.asarray(bad, float)
    bads, goods = float(bad.sum()), float((1 - bad).sum())
    return np.where(bad == 1, (bads + 1) / (bads + 2), 1 / (goods + 2))


def _through(x: ArrayLike, knots: tuple[float, ...], values: tuple[float, ...]) -> np.ndarray:
    x = np.asarray(x, float)
    return np.interp(x, knots, values) + np.minimum(x - knots[0], 0) + np.maximum(x - knots[-1], 0)


def _logistic(columns: list[np.ndarray], target: np.ndarray) -> list[float]:
    """Intercept and slopes of a logistic regression, no slope below 0.1."""
    centres = [float(column.mean()) for column in columns]
    spreads = [float(column.std()) or 1.0 for column in columns]
    standard = [(c - centre) / spread for c, centre, spread in zip(columns, centres, spreads, strict=True)]

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        z: np.ndarray = theta[0] + sum(slope * column for slope, column in zip(theta[1:], standard, strict=True))
        miss = expit(z) - target
        return (
            -float(np.sum(target * log_expit(z) + (1 - target) * log_expit(-z))),
            np.array([miss.sum(), *((miss * column).sum() for column in standard)]),
        )

    # with few bads among many rows the mean loss is so flat that a search would stop at its start
    best = optimize.minimize(
        loss,
        x0=[float(logit(float(target.mean()))), *spreads],
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), *((_LEAST_SLOPE * spread, None) for spread in spreads)],
        options={"ftol": 1e-15, "gtol": 1e-8, "maxiter": 1000},
    )
    slopes = [float(slope) / spread for slope, spread in zip(best.x[1:], spreads, strict=True)]
    moved = sum(slope * centre for slope, centre in zip(slopes, centres, strict=True))
    return [float(best.x[0]) - moved, *slopes]
