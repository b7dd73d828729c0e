"""A quantile of any label, such as the harvest reached in seven of ten years; no decision depends on it alone."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
import pandas as pd

from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from models import functionals, regression
from models.metrics import pinball
from models.record import FitResult
from models.regression import RegressionPredictor


class QuantilePredictor(RegressionPredictor):
    """Predicts the quantile of the spec's level."""

    outputs: ClassVar[tuple[str, ...]] = ("quantile",)
    kind: ClassVar[str] = "quantile_regression"


PREDICTOR = QuantilePredictor


def fit(
    frame: pd.DataFrame,
    spec: ModelSpec,
    monotone: dict[str, int],
    policy: Policy | None = None,
    protected: pd.DataFrame | None = None,
    optional: Mapping[str, tuple[str, ...]] | None = None,
) -> FitResult[QuantilePredictor]:
    """Boost the quantile and judge it, see `regression.fit`; arguments and errors as of `kind.ModelKind.fit`."""

    def figures(actual: np.ndarray, predicted: np.ndarray, constant: float) -> dict[str, float]:
        loss = pinball(actual, predicted, spec.quantile)
        of_constant = pinball(actual, np.full(len(actual), constant), spec.quantile)
        coverage = float((actual >= predicted).mean())
        return {"coverage": coverage, "pinball": loss, "pinball_gain": 1 - loss / of_constant}

    functional = functionals.quantile(spec.quantile)
    return regression.fit(QuantilePredictor, functional, figures, frame, spec, monotone, protected)


def fold_losses(frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]) -> Iterator[float]:
    """Pinball loss of each fold of time, see `regression.fold_losses`."""
    return regression.fold_losses(functionals.quantile(spec.quantile), frame, spec, monotone)
