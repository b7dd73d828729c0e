"""Boosting a PD: the rows that it is learnt from, and the loss."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import expit

from conf.schema.errors import DataError
from conf.schema.model import ModelSpec
from models import boosting, frames, metrics, missing, splits

_LEAST_OF_A_CLASS = 5
_OBJECTIVE = {"objective": "binary:logistic"}


def prepared(
    frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]
) -> tuple[tuple[str, ...], tuple[int, ...], pd.DataFrame, np.ndarray]:
    """Features, their directions, the labelled rows in order of time, and their labels, 1 bad and 0 good.

    Raises:
        ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
    """
    features = tuple(frames.feature_names(frame, spec, monotone))
    rows = frames.labelled(frame, spec)
    bad = rows[spec.label].astype(float)
    if not bad.isin([0, 1]).to_numpy().all():
        raise DataError(f"model {spec.name}: label {spec.label} must be 1 (bad), 0 (good) or null")
    return features, tuple(monotone.get(name, 0) for name in features), rows, bad.to_numpy(int)


def require_both(parts: list[np.ndarray], what: str, spec: ModelSpec) -> None:
    """Refuse labels of which a part has too few of either class.

    Raises:
        DataError: one does.
    """
    bads, goods = (min(int((part == outcome).sum()) for part in parts) for outcome in (1, 0))
    if min(bads, goods) < _LEAST_OF_A_CLASS:
        raise DataError(
            f"model {spec.name}: a {what} has {bads} bad and {goods} good rows, at least {_LEAST_OF_A_CLASS} of each "
            "are needed; give more rows, fewer folds or another oot_share in split"
        )


def boost(
    x: np.ndarray,
    bad: np.ndarray,
    features: tuple[str, ...],
    directions: tuple[int, ...],
    folds: boosting.Folds,
    spec: ModelSpec,
) -> boosting.Boosted:
    """Boost log-odds by the log loss of held-out rows; arguments as of `boosting.train`."""
    return boosting.train(x, bad, features, directions, folds, spec, _loss, _OBJECTIVE)


def fold_losses(frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]) -> Iterator[float]:
    """Log loss of each fold of time by a booster of what came before it; nothing out of time is looked at.

    Raises:
        ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
    """
    features, directions, rows, bad = prepared(frame, spec, monotone)
    development = splits.slices(rows, spec.split).development
    x, known = frames.matrix(rows, features)[development], bad[development]
    folds = splits.forward(len(x), spec.split.folds)
    require_both([known[part] for fold in folds for part in fold], "fold", spec)
    filled = missing.fill(x, missing.beyond_worst(x, directions))
    return boosting.fold_losses(filled, known, directions, folds, spec, _loss, _OBJECTIVE)


def _loss(bad: np.ndarray, margin: np.ndarray) -> float:
    return metrics.log_loss(bad, expit(margin))
