"""Admission: the probability of default within the label's horizon, monotone, calibrated, tested out of time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd
import xgboost as xgb

from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from models import boosted_pd, boosting, calibration, explain, frames, missing_values, pd_model, splits
from models.calibrated_pd import CalibratedPd
from models.calibration import Calibration
from models.explain import Profile
from models.kind import Relearning
from models.missing_values import Missing
from models.record import FitResult
from models.trees import TreePredictor


@dataclass(frozen=True, kw_only=True)
class AdmissionPredictor(TreePredictor, CalibratedPd):
    """Scores applicants and explains the scores, from one booster.

    Attributes:
        booster: has only the trees that score.
    """

    booster: xgb.Booster

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """Log-odds before calibration, one per row."""
        return boosting.margin(self.booster, self.matrix(frame))

    @property
    def explained(self) -> xgb.Booster:
        """The booster to explain, the same that scores."""
        return self.booster

    def contributions(self, x: np.ndarray) -> np.ndarray:
        """Exact TreeSHAP in log-odds; the last column is the base value."""
        return boosting.contributions(self.booster, x)

    def to_json(self) -> str:
        """One JSON document: XGBoost's native booster, the calibration, the profile and the order of the features."""
        return json.dumps(
            {
                "kind": "admission",
                "features": self.features,
                "hidden": self.hidden,
                "calibration": calibration.as_dict(self.calibration),
                "profile": self.profile.as_dict(),
                "missing": self.missing.as_dict(),
                "booster": boosting.to_native(self.booster),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The predictor that `to_json` wrote."""
        document = json.loads(text)
        return cls(
            features=tuple(document["features"]),
            hidden=tuple(document["hidden"]),
            booster=boosting.from_native(document["booster"]),
            calibration=calibration.of(document["calibration"]),
            profile=Profile.of(document),
            missing=Missing.of(document),
        )


PREDICTOR = AdmissionPredictor
fold_losses = boosted_pd.fold_losses


def fit(
    frame: pd.DataFrame,
    spec: ModelSpec,
    monotone: dict[str, int],
    policy: Policy | None = None,
    protected: pd.DataFrame | None = None,
    optional: Mapping[str, tuple[str, ...]] | None = None,
) -> FitResult[AdmissionPredictor]:
    """Boost a PD and judge it, see `pd_model.fit`; arguments and errors as of `kind.ModelKind.fit`."""
    return pd_model.fit(learn, frame, spec, monotone, policy, protected, optional)


@dataclass(frozen=True)
class BoostedPd:
    """A booster of log-odds of default with its training rows, see `pd_model.Learnt`."""

    features: tuple[str, ...]
    directions: tuple[int, ...]
    x: np.ndarray
    worst: np.ndarray
    booster: xgb.Booster
    out_of_fold: np.ndarray
    spec: ModelSpec
    folds: int

    def margin(self, x: np.ndarray) -> np.ndarray:
        """Log-odds of rows of all features, before calibration."""
        return boosting.margin(self.booster, missing_values.fill(x, self.worst))

    def predictor(self, fitted: Calibration, hidden: tuple[str, ...]) -> tuple[AdmissionPredictor, np.ndarray]:
        """The predictor, from the booster trained on all rows, and its SHAP values of these rows."""
        booster = self.booster
        treated = missing_values.learnt(self.x, self.worst, self.margin)
        rows = treated.filled(self.x)
        shap = boosting.contributions(booster, rows)[:, :-1]
        predictor = AdmissionPredictor(
            features=self.features,
            booster=booster,
            calibration=fitted,
            profile=explain.profile(boosting.margin(booster, rows), shap),
            missing=treated,
            hidden=hidden,
        )
        return predictor, shap

    def made(self, predictor: AdmissionPredictor) -> dict[str, Any]:
        """Parameters and results of the boosting, for the record."""
        return boosting.made(self.spec, predictor.booster, self.features, self.directions, self.folds)


def learn(
    x: np.ndarray,
    bad: np.ndarray,
    features: tuple[str, ...],
    directions: tuple[int, ...],
    folds: splits.Folds,
    spec: ModelSpec,
) -> BoostedPd:
    """Boost log-odds; held-out margins decide the number of trees. Arguments as of `pd_model.Learn`."""
    worst = missing_values.beyond_worst(x, directions)
    boosted = boosted_pd.boost(missing_values.fill(x, worst), bad, features, directions, folds, spec)
    risks = [partial(boosting.margin, booster) for booster in boosted.of_folds]
    out_of_fold = missing_values.out_of_fold(x, worst, folds, risks)
    return BoostedPd(features, directions, x, worst, boosted.booster, out_of_fold, spec, len(folds))


def reseeded(again: Relearning) -> np.ndarray:
    """PD of the rows out of time by a booster of another seed and the calibration of the first."""
    _, other = boosting.seeds(again.spec.seed, 2)
    learning = again.known, again.bad, again.spec, again.monotone
    return reboosted(again.predictor, *learning, seed=other).predict_pd(again.late)


def relearnt(again: Relearning) -> AdmissionPredictor:
    """The predictor with a booster of as many rounds, trained on `again.known`."""
    return reboosted(again.predictor, again.known, again.bad, again.spec, again.monotone)


def reboosted(
    predictor: AdmissionPredictor,
    rows: pd.DataFrame,
    bad: np.ndarray,
    spec: ModelSpec,
    monotone: dict[str, int],
    seed: int | None = None,
) -> AdmissionPredictor:
    """A predictor with the same features, rounds and calibration, trained on these rows.

    Args:
        rows: with the features.
        bad: their outcomes, of shape (rows,); a value p between 0 and 1 counts as bad with weight p and as good with
            weight 1 - p.
        seed: of the random draws; None: the predictor's.
    """
    features, rounds = predictor.features, predictor.booster.num_boosted_rounds()
    directions = tuple(monotone.get(name, 0) for name in features)
    learning = predictor.matrix(rows), bad, features, directions, spec, boosted_pd.OBJECTIVE
    return replace(predictor, booster=boosting.refitted(*learning, rounds, seed))


def rescored(again: Relearning) -> np.ndarray:
    """Log-odds of the rows out of time by a booster that learnt from the features of `monotone` alone."""
    features, names = again.predictor.features, tuple(again.monotone)
    own = [features.index(name) for name in names]
    known, late = (
        again.predictor.missing.filled(frames.matrix(rows, features))[:, own] for rows in (again.known, again.late)
    )
    slices = splits.Slices(again.development, ~again.development)
    folds = splits.folds(again.rows, slices, again.spec.split)
    boosted = boosted_pd.boost(known, again.bad, names, tuple(again.monotone.values()), folds, again.spec)
    return boosting.margin(boosted.booster, late)
