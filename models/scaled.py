"""Boosted trees that predict a number of a label of any unit and keep their monotone constraints."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import xgboost as xgb

from conf.schema.model import ModelSpec
from models import boosting, missing_values
from models.functionals import Functional
from models.splits import Folds


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A booster with the scale of its label.

    Attributes:
        booster: grown on the label less `centre`, in units of `spread`.
        centre, spread: of the training labels, in the label's unit.
        shift: correction from held-out labels that is added, in the label's unit.
    """

    booster: xgb.Booster
    centre: float
    spread: float
    shift: float

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The number in the label's unit, one per row."""
        return self.centre + self.shift + self.spread * boosting.margin(self.booster, x)

    def contributions(self, x: np.ndarray) -> np.ndarray:
        """Exact TreeSHAP in the label's unit; the last column is the base value."""
        values = self.spread * boosting.contributions(self.booster, x)
        values[:, -1] += self.centre + self.shift
        return values


def fit(
    functional: Functional,
    x: np.ndarray,
    worst: np.ndarray,
    label: np.ndarray,
    features: tuple[str, ...],
    directions: tuple[int, ...],
    folds: Folds,
    spec: ModelSpec,
) -> tuple[Scaled, np.ndarray]:
    """Fit one number of the label; held-out rows decide the number of trees and set the level.

    It is shifted by what the held-out labels miss it by. So a quantile lies below as many of them as it should
    (conformalised quantile regression, Romano et al. 2019), and a mean is theirs.

    Args:
        x: feature matrix of shape (rows, features).
        worst: `missing_values.beyond_worst` of it.
        label: of each row.
        directions: of the prediction, by feature.
        folds: positions to learn from and to hold out; each row is held out once.

    Returns:
        The fitted booster with its scale, and the held-out prediction of each row.
    """
    centre, spread = _scale(functional, label)
    boosted = boosting.train(
        missing_values.fill(x, worst),
        (label - centre) / spread,
        features,
        directions,
        folds,
        spec,
        loss=functional.loss,
        of_kind=functional.params,
        objective=functional.objective,
    )
    side = functional.side
    risks = [partial(_risk, side, booster) for booster in boosted.of_folds]
    out_of_fold = centre + side * spread * missing_values.out_of_fold(x, worst, folds, risks)
    shift = functional.of(label - out_of_fold)
    return Scaled(booster=boosted.booster, centre=centre, spread=spread, shift=shift), out_of_fold + shift


def fold_losses(
    functional: Functional,
    x: np.ndarray,
    label: np.ndarray,
    directions: tuple[int, ...],
    folds: Folds,
    spec: ModelSpec,
) -> Iterator[float]:
    """Loss of each fold, in units of the labels' spread, by a booster trained on the fold's training rows."""
    centre, spread = _scale(functional, label)
    own = functional.loss, functional.params, functional.objective
    return boosting.fold_losses(x, (label - centre) / spread, directions, folds, spec, *own)


def _risk(side: int, booster: xgb.Booster, x: np.ndarray) -> np.ndarray:
    return side * boosting.margin(booster, x)


def _scale(functional: Functional, label: np.ndarray) -> tuple[float, float]:
    return functional.of(label), float(np.subtract(*np.quantile(label, [0.75, 0.25]))) or 1.0
