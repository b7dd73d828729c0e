"""The mean of any label, such as a yield or the share that is prepaid; no decision depends on it alone."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
import pandas as pd

from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from models import functionals, regression
from models.record import FitResult
from models.regression import RegressionPredictor


class MeanPredictor(RegressionPredictor):
    """Predicts the mean."""

    outputs: ClassVar[tuple[str, ...]] = ("mean",)
    kind: ClassVar[str] = "mean_regression"


PREDICTOR = MeanPredictor


def fit(
    frame: pd.DataFrame,
    spec: ModelSpec,
    monotone: dict[str, int],
    policy: Policy | None = None,
    protected: pd.DataFrame | None = None,
    optional: Mapping[str, tuple[str, ...]] | None = None,
) -> FitResult[MeanPredictor]:
    """Boost the mean and judge it, see `regression.fit`; arguments and errors as of `kind.ModelKind.fit`."""
    return regression.fit(MeanPredictor, functionals.mean(), _figures, frame, spec, monotone, protected)


def fold_losses(frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]) -> Iterator[float]:
    """Squared error of each fold of time, see `regression.fold_losses`."""
    return regression.fold_losses(functionals.mean(), frame, spec, monotone)


def _figures(actual: np.ndarray, predicted: np.ndarray, constant: float) -> dict[str, float]:
    """Errors, and the gain over the mean of the development rows; `r2` also uses that mean, not the part's own."""
    missed, by_constant = actual - predicted, actual - constant
    mae = float(np.abs(missed).mean())
    return {
        "rmse": float(np.sqrt((missed**2).mean())),
        "mae": mae,
        "r2": 1 - float((missed**2).mean() / (by_constant**2).mean()),
        "mae_gain": 1 - mae / float(np.abs(by_constant).mean()),
    }
