"""Explainable boosting machine: the probability of default by one curve for each feature, which add up.

A generalised additive model of log-odds whose curves are boosted in turn, one feature at a time (Lou, Caruana & Gehrke,
"Intelligible models for classification and regression", 2012), by the library `interpret` (Nori et al., "InterpretML",
2019). It has no interactions, so that its curves are all of the model. They keep the declared directions.
"""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from conf.schema.errors import ContractError
from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from models import boosting, explain, metrics, missing_values, pd_model
from models.calibration import Calibration
from models.ebm_predictor import Curves, EbmPredictor
from models.kind import Relearning
from models.points import Characteristic
from models.record import FitResult
from models.splits import Folds

PREDICTOR = EbmPredictor

# what `params` of a spec may set: the default and the least value
_PARAMS = {
    "learning_rate": (0.05, 0.0001),
    "max_bins": (64, 3),
    "max_rounds": (1000, 1),
    "min_samples_leaf": (4, 1),
    "outer_bags": (8, 1),
}


def fit(
    frame: pd.DataFrame,
    spec: ModelSpec,
    monotone: dict[str, int],
    policy: Policy | None = None,
    protected: pd.DataFrame | None = None,
    optional: Mapping[str, tuple[str, ...]] | None = None,
) -> FitResult[EbmPredictor]:
    """Boost curves and judge them as a PD model, see `pd_model.fit`; arguments and errors as in `kind.ModelKind`."""
    _require_allowed(spec)
    return pd_model.fit(learn, frame, spec, monotone, policy, protected, optional)


def fold_losses(frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]) -> Iterator[float]:
    """Log loss of each fold of time by curves of the rows before it; rows out of time aren't used.

    Raises:
        ContractError, DataError: the frame can't be learnt from, or the search names a parameter that isn't taken.
    """
    _require_allowed(spec)
    x, bad, directions, folds = pd_model.forward(frame, spec, monotone)
    for (known, after), seed in zip(folds, boosting.seeds(spec.seed, 2 + len(folds))[2:], strict=True):
        curves = _boosted(x[known], bad[known], directions, spec, seed)
        yield metrics.log_loss(bad[after], expit(curves.margin(x[after])))


def reseeded(again: Relearning) -> np.ndarray:
    """PD of the rows out of time by curves of another seed and the calibration of the first."""
    _, other = boosting.seeds(again.spec.seed, 2)
    return _curved(again, other).predict_pd(again.late)


def relearnt(again: Relearning) -> EbmPredictor:
    """The predictor with curves that were trained on `again.known`."""
    (own,) = boosting.seeds(again.spec.seed, 1)
    return _curved(again, own)


def rescored(again: Relearning) -> np.ndarray:
    """Log-odds of the rows out of time by curves of the features of `monotone` alone."""
    columns = [again.predictor.features.index(name) for name in again.monotone]
    known, late = (again.predictor.matrix(rows)[:, columns] for rows in (again.known, again.late))
    (own,) = boosting.seeds(again.spec.seed, 1)
    return _boosted(known, again.bad, tuple(again.monotone.values()), again.spec, own).margin(late)


@dataclass(frozen=True)
class BoostedCurves:
    """Curves with the rows that they learnt from, see `pd_model.Learnt`."""

    features: tuple[str, ...]
    directions: tuple[int, ...]
    x: np.ndarray
    worst: np.ndarray
    curves: Curves
    out_of_fold: np.ndarray
    params: dict[str, Any]

    def margin(self, x: np.ndarray) -> np.ndarray:
        """Log-odds of rows, before calibration."""
        return self.curves.margin(missing_values.fill(x, self.worst))

    def predictor(self, fitted: Calibration, hidden: tuple[str, ...]) -> tuple[EbmPredictor, np.ndarray]:
        """The calibrated predictor, and its SHAP values of the development rows."""
        treated = missing_values.learnt(self.x, self.worst, self.curves.margin)
        parts = self.curves.parts(treated.filled(self.x))
        average = parts.mean(axis=0)
        shap = parts - average
        predictor = EbmPredictor(
            features=self.features,
            curves=self.curves,
            average=tuple(map(float, average)),
            calibration=fitted,
            profile=explain.profile(self.curves.intercept + parts.sum(axis=1), shap),
            missing=treated,
            hidden=hidden,
        )
        return predictor, shap

    def made(self, predictor: EbmPredictor) -> dict[str, Any]:
        """Directions and parameters, for the record."""
        return {"monotone": dict(zip(self.features, self.directions, strict=True)), "params": self.params}


def learn(
    x: np.ndarray,
    bad: np.ndarray,
    features: tuple[str, ...],
    directions: tuple[int, ...],
    folds: Folds,
    spec: ModelSpec,
) -> BoostedCurves:
    """Boost curves on all rows, and again in each fold for its held-out rows; arguments as of `pd_model.Learn`."""
    worst = missing_values.beyond_worst(x, directions)
    filled = missing_values.fill(x, worst)
    own, _, *of_folds = boosting.seeds(spec.seed, 2 + len(folds))
    risks = [
        _boosted(filled[known], bad[known], directions, spec, seed).margin
        for seed, (known, _) in zip(of_folds, folds, strict=True)
    ]
    out_of_fold = missing_values.out_of_fold(x, worst, folds, risks)
    curves = _boosted(filled, bad, directions, spec, own)
    params = {**_params(spec), "seed": spec.seed, "booster_seed": own, "fold_seeds": tuple(of_folds)}
    return BoostedCurves(features, directions, x, worst, curves, out_of_fold, params)


def _curved(again: Relearning, seed: int) -> EbmPredictor:
    directions = tuple(again.monotone.get(name, 0) for name in again.predictor.features)
    x = again.predictor.matrix(again.known)
    curves = _boosted(x, again.bad, directions, again.spec, seed)
    average = tuple(map(float, curves.parts(x).mean(axis=0)))
    return replace(again.predictor, curves=curves, average=average)


def _require_allowed(spec: ModelSpec) -> None:
    if wrong := sorted(name for name, value in spec.params.items() if not _is_allowed(name, value)):
        allowed = "; ".join(
            f"{name}, a {'whole number' if isinstance(default, int) else 'number'} from {least} (default {default})"
            for name, (default, least) in _PARAMS.items()
        )
        raise ContractError(
            f"model {spec.name}: params or search set {', '.join(wrong)} to what an explainable boosting machine "
            f"doesn't take. It takes {allowed}; correct the others or take them out of its spec"
        )


def _is_allowed(name: str, value: Any) -> bool:
    if name not in _PARAMS or isinstance(value, bool):
        return False
    default, least = _PARAMS[name]
    return isinstance(value, int | type(default)) and value >= least


def _params(spec: ModelSpec) -> dict[str, Any]:
    return {name: default for name, (default, _) in _PARAMS.items()} | spec.params


def _boosted(x: np.ndarray, bad: np.ndarray, directions: tuple[int, ...], spec: ModelSpec, seed: int) -> Curves:
    """Curves of the features of a matrix of shape (rows, features); a missing value has a level of its own."""
    # scoring does without the library, which takes seconds to import
    from interpret.glassbox import ExplainableBoostingClassifier

    machine = ExplainableBoostingClassifier(
        feature_types=["continuous"] * len(directions),
        monotone_constraints=list(directions),
        interactions=0,
        n_jobs=1,  # the same sums however many processors there are
        random_state=seed,
        **_params(spec),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that its own plots, which nobody draws here, lack what is missing
        machine.fit(x.astype(float), bad)
    return taken(machine.intercept_, [of_feature for (of_feature,) in machine.bins_], machine.term_scores_)


def taken(intercept: np.ndarray, splits: list[np.ndarray], scores: list[np.ndarray]) -> Curves:
    """The curves that the library fitted, in our form.

    Args:
        intercept: of shape (1,).
        splits: of each feature, rising; a value at a split lies above it.
        scores: of each feature, log-odds of a missing value, then of each interval, then of an unknown category.
    """
    steps = (
        Characteristic(tuple(map(float, _in_float32(at))), tuple(map(float, of[1:-1])), float(of[0]))
        for at, of in zip(splits, scores, strict=True)
    )
    return Curves(float(intercept[0]), tuple(steps))


def _in_float32(splits: np.ndarray) -> np.ndarray:
    """The least float32 at or above each split, which separates the same values, for features are float32."""
    rounded = splits.astype(np.float32)
    return np.where(rounded < splits, np.nextafter(rounded, np.float32(np.inf)), rounded)
