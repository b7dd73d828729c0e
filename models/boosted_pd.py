"""Boosting a PD: the objective, and the loss of held-out rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import expit

from conf.schema.model import ModelSpec
from models import boosting, frames, metrics, missing_values, pd_model, splits

OBJECTIVE = {"objective": "binary:logistic"}


def boost(
    x: np.ndarray,
    bad: np.ndarray,
    features: tuple[str, ...],
    directions: tuple[int, ...],
    folds: splits.Folds,
    spec: ModelSpec,
) -> boosting.Boosted:
    """Boost log-odds by the log loss of held-out rows; arguments as of `boosting.train`."""
    return boosting.train(x, bad, features, directions, folds, spec, _loss, OBJECTIVE)


def fold_losses(frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]) -> Iterator[float]:
    """Log loss of each fold of time by a booster trained on the rows before it; rows out of time aren't used.

    Raises:
        ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
    """
    features, directions, rows, bad = pd_model.prepared(frame, spec, monotone)
    slices = splits.slices(rows, spec.split)
    x, known = frames.matrix(rows, features)[slices.development], bad[slices.development]
    folds = splits.forward_folds(rows, slices, spec.split)
    pd_model.require_both([known[part] for fold in folds for part in fold], "fold", spec)
    filled = missing_values.fill(x, missing_values.beyond_worst(x, directions))
    return boosting.fold_losses(filled, known, directions, folds, spec, _loss, OBJECTIVE)


def _loss(bad: np.ndarray, margin: np.ndarray) -> float:
    return metrics.log_loss(bad, expit(margin))
