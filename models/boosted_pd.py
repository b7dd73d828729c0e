"""Boosting a PD: the objective, and the loss of held-out rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import expit

from conf.schema.model import ModelSpec
from models import boosting, metrics, pd_model, splits

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
    x, bad, directions, folds = pd_model.forward(frame, spec, monotone)
    return boosting.fold_losses(x, bad, directions, folds, spec, _loss, OBJECTIVE)


def _loss(bad: np.ndarray, margin: np.ndarray) -> float:
    return metrics.log_loss(bad, expit(margin))
