"""The value that a missing value counts as: never a favourable one.

XGBoost sends a missing value down a default branch. If the feature was never missing in training, that branch says
nothing about people without it, and often leads to the best leaf. So no score depends on it:

- A feature with a declared direction: missing counts as a value beyond the worst that training has seen, while learning
  as well as while scoring. Trees learn what that means where many lack it, calibration holds, and by the monotone
  constraint no known value has a higher risk.
- A feature without one that few rows of training lack, by share or by number: missing counts as the costliest value,
  the one among training's quantiles with the highest mean risk.
- Any other: trees have learnt what missing means. If withheld, the costliest value is assumed too, see `assumed`.

The values are constants, so explanations stay exact: TreeSHAP explains the very row that was scored.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import bdtr

from conf.schema.errors import Conflict
from models import frames
from models.splits import Folds

_ENOUGH = 0.05  # share of training rows from which on trees learn what missing means, if they are
_ENOUGH_ROWS = 100  # as well, which hold some five bads where one in twenty is bad
_QUANTILES = np.linspace(0, 1, 11)
_MOST_ROWS = 300  # that mean risks are taken over
BY_CHANCE = 0.001  # below it chance explains nothing
JUDGED_ROWS = 20  # in fewer, chance may explain that a whole source is gone
_NEARLY_ALL = 1 - _ENOUGH

Risk = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Missing:
    """A predictor's treatment of missing values, by feature in its order.

    Attributes:
        costliest: the value with the highest risk, beyond the worst that was seen where a direction is declared.
        is_learnt: whether trees have learnt what missing means, so that it stays missing.
        known: share of training rows that have a value.
        nonzero: share of those whose value isn't 0.
    """

    costliest: tuple[float, ...]
    is_learnt: tuple[bool, ...]
    known: tuple[float, ...]
    nonzero: tuple[float, ...]

    def filled(self, x: np.ndarray) -> np.ndarray:
        """A matrix of shape (rows, features) as the booster is to read it."""
        return fill(x, np.where(self.is_learnt, np.nan, self.costliest))

    def assumed(self, frame: pd.DataFrame, features: tuple[str, ...], withheld: Iterable[str]) -> pd.DataFrame:
        """The features of a frame; a missing value of a withheld feature becomes the costliest value."""
        costliest = dict(zip(features, self.costliest, strict=True))
        return frame.loc[:, list(features)].astype(float).fillna({name: costliest[name] for name in withheld})

    def as_dict(self) -> dict[str, Any]:
        """Plain lists, for JSON."""
        return {name: list(values) for name, values in vars(self).items()}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The treatment in a predictor's JSON document.

        Raises:
            Conflict: nothing, for the predictor is older than this.
        """
        if "missing" not in document:
            raise Conflict(
                "this model version doesn't record how missing values are treated, so it can't score them reliably; "
                "train the model again and approve the new version"
            )
        return cls(**{name: tuple(values) for name, values in document["missing"].items()})


def fill(x: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A matrix whose missing values are those given for each column; NaN leaves them missing."""
    return np.where(np.isnan(x), np.asarray(values, x.dtype), x)


def beyond_worst(x: np.ndarray, directions: tuple[int, ...]) -> np.ndarray:
    """By column, a value beyond the worst one; NaN where no direction is declared.

    Args:
        x: of shape (rows, features); what is learnt from.
        directions: of risk.
    """
    worst = [_extreme(x[:, j], direction) if direction else np.nan for j, direction in enumerate(directions)]
    return np.array(worst) + np.array(directions) * np.maximum(1, np.abs(worst))


def learnt(x: np.ndarray, worst: np.ndarray, risk: Risk) -> Missing:
    """The treatment of missing values by a booster that was trained on `fill(x, worst)`.

    Args:
        x: training rows, of shape (rows, features).
        worst: `beyond_worst` of them.
        risk: of rows of such a matrix; more is worse.
    """
    is_known = ~np.isnan(x)
    is_free = np.isnan(worst)
    sample = _sample(x, worst)
    costliest = [_costliest(x[:, j], j, sample, risk) if is_free[j] else float(worst[j]) for j in range(x.shape[1])]
    nonzero = np.sum(is_known & (x != 0), axis=0) / np.maximum(is_known.sum(axis=0), 1)
    return Missing(
        costliest=tuple(costliest),
        is_learnt=tuple(map(bool, is_free & _lack_often(x))),
        known=tuple(map(float, is_known.mean(axis=0))),
        nonzero=tuple(map(float, nonzero)),
    )


def out_of_fold(x: np.ndarray, worst: np.ndarray, folds: Folds, risks: Iterable[Risk]) -> np.ndarray:
    """The risk of each row by the model of the fold that left it out, missing values taken as in scoring.

    If few training rows lacked a feature, scoring replaces its missing value by the costliest one, and training didn't.
    So a calibration on training rows would give too high a risk to rows without the value, and on average.

    Args:
        x: what was learnt from, of shape (rows, features).
        worst: what `beyond_worst` says of it.
        folds: positions that were learnt from and held out; each row is held out once.
        risks: by fold, what its model says of rows of such a matrix; more is worse.
    """
    values = np.empty(len(x))
    for risk, (known, test) in zip(risks, folds, strict=True):
        lacks_value = np.isnan(worst) & np.isnan(x[test]).any(axis=0)
        sample, counted = _sample(x[known], worst), worst.copy()
        for j in np.flatnonzero(lacks_value & ~_lack_often(x[known])):
            counted[j] = _costliest(x[known, j], int(j), sample, risk)
        values[test] = risk(fill(x[test], counted))
    return values


def _lack_often(x: np.ndarray) -> np.ndarray:
    """By column, whether enough rows lack it for trees to learn what that means."""
    lacking = np.isnan(x)
    return (lacking.sum(axis=0) >= _ENOUGH_ROWS) & (lacking.mean(axis=0) >= _ENOUGH)


def _sample(x: np.ndarray, worst: np.ndarray) -> np.ndarray:
    """Rows that mean risks are taken over, as they were learnt from."""
    return fill(x, worst)[:: max(1, len(x) // _MOST_ROWS)]


def _extreme(values: np.ndarray, direction: int) -> float:
    known = values[~np.isnan(values)]
    if not known.size:
        return 0.0
    return float(known.max() if direction > 0 else known.min())


def _costliest(values: np.ndarray, j: int, sample: np.ndarray, risk: Risk) -> float:
    known = np.sort(values[~np.isnan(values)])  # of which quantiles take less time
    if not known.size:
        return 0.0
    candidates = np.unique(np.quantile(known, _QUANTILES, method="nearest"))
    tried = np.tile(sample, (len(candidates), 1))
    tried[:, j] = np.repeat(candidates, len(sample))
    means = risk(tried).reshape(len(candidates), -1).mean(axis=1)
    return float(candidates[int(np.argmax(means))])


def lacking(missing: Missing, features: tuple[str, ...], frame: pd.DataFrame, least_known: float) -> dict[str, str]:
    """Features with too many missing values in rows to be scored, compared with training → the fault, in words.

    A feature lacks too much where it is known less often than `least_known` of training's share, or where what is known
    of it is other than 0 less often than that share of training's: of a table that counts as complete, rows that are
    lost read as 0. Both are beyond what chance explains (binomial test).

    Chance explains much of few rows, so features that nearly all of training had are held to that share itself: it is
    enough that they lie below it, and, from `JUDGED_ROWS` on, that chance doesn't explain it by training's share.
    """
    x = frames.matrix(frame, features)
    is_known = ~np.isnan(x)
    is_few = len(x) < JUDGED_ROWS
    rarer: dict[str, str] = {}
    for j, name in enumerate(features):
        known, nonzero = int(is_known[:, j].sum()), int((is_known[:, j] & (x[:, j] != 0)).sum())
        if _is_rarer(known, len(x), missing.known[j], least_known, is_few):
            rarer[name] = f"known of {known / len(x):.0%}, in training of {missing.known[j]:.0%}"
        elif _is_rarer(nonzero, known, missing.nonzero[j], least_known, is_few):
            rarer[name] = f"other than 0 for {nonzero / known:.0%}, in training for {missing.nonzero[j]:.0%}"
    return rarer


def _is_rarer(known: int, among: int, before: float, least: float, is_few: bool) -> bool:
    is_below = before >= _NEARLY_ALL and known < least * before * among
    return _is_beyond_chance(known, among, least * before) or (
        is_below and (is_few or _is_beyond_chance(known, among, before))
    )


def _is_beyond_chance(known: int, among: int, share: float) -> bool:
    return bool(bdtr(known, among, share) < BY_CHANCE)
