"""Admission: the probability of default within 12 months, monotone, calibrated, tested out of time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import xgboost as xgb
from numpy.typing import NDArray

from conf.schema.model import ModelSpec
from conf.schema.policy import Policy, Withholding
from models import (
    boosted_pd,
    boosting,
    calibration,
    evaluation,
    explain,
    fairness,
    frames,
    missing,
    splits,
    withholding,
)
from models.calibration import Calibration, Method
from models.explain import Profile
from models.missing import Missing
from models.record import FitResult, Record, judge, rows_of
from models.trees import TreePredictor


@dataclass(frozen=True, kw_only=True)
class AdmissionPredictor(TreePredictor):
    """Scores applicants and explains the scores, from one booster.

    Attributes:
        booster: holds the trees that score and no others.
        calibration: from margin to PD.
        profile: average contributions by margin, what reasons are held against.
        outputs: columns of `predict`.
    """

    outputs: ClassVar[tuple[str, ...]] = ("pd",)
    booster: xgb.Booster
    calibration: Calibration
    profile: Profile

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`predict_pd` as a frame with the column `pd`."""
        return pd.DataFrame({"pd": self.predict_pd(frame)}, index=frame.index)

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """Log-odds before calibration, one per row."""
        return boosting.margin(self.booster, self.data(frame))

    def predict_pd(self, frame: pd.DataFrame) -> np.ndarray:
        """Calibrated probability of default within 12 months, one per row."""
        return self.calibration.pd(self.margin(frame))

    @property
    def explained(self) -> xgb.Booster:
        """The booster, for it both scores and is explained."""
        return self.booster

    def contributions(self, rows: xgb.DMatrix) -> np.ndarray:
        """Exact TreeSHAP in log-odds; the last column is the base value."""
        return boosting.contributions(self.booster, rows)

    def reference(self, cut_off_pd: float) -> np.ndarray:
        """Average contribution of each feature for applicants at a cut-off, see `models.explain`."""
        return self.profile.at(self.calibration.margin(cut_off_pd))

    def to_json(self) -> str:
        """One JSON document: XGBoost's native booster, the calibration, the profile and the order of the features."""
        return json.dumps(
            {
                "kind": "admission",
                "features": self.features,
                "hidden": self.hidden,
                "calibration": calibration.as_dict(self.calibration),
                "profile": {
                    "margins": self.profile.margins.tolist(),
                    "contributions": self.profile.contributions.tolist(),
                },
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
            profile=Profile(**{name: np.array(values) for name, values in document["profile"].items()}),
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
    """Train the admission model and its scorecard benchmark, and judge both.

    The development rows are cut into folds of time. Each fold is scored by a booster that never saw it: these
    held-out margins decide the number of trees, fit the calibration, and are what "in time" means in every figure.
    The final booster learns from all development rows. Nothing is fitted on the out-of-time slice.

    Args:
        frame: application_id, as_of, the label (1 bad, 0 good, null left out), label_status and the features.
        monotone: direction of each declared feature in PD; 0 where free.
        policy: its grades make the grade table; without one there are five bands of equal size.
        protected: protected attributes indexed by application_id, to compare groups and to find their proxies; they
            are never learnt from.
        optional: by scope of consent that decisions can do without, its features.

    Raises:
        ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
    """
    features, directions, rows, bad = boosted_pd.prepared(frame, spec, monotone)
    slices = splits.slices(rows, spec.split)
    folds = splits.blocks(int(slices.development.sum()), spec.split.folds)
    x = frames.matrix(rows, features)
    known, late = (x[slices.development], bad[slices.development]), (x[slices.oot], bad[slices.oot])
    boosted_pd.require_both([known[1][test] for _, test in folds], "fold", spec)
    boosted_pd.require_both([late[1]], "out-of-time slice", spec)
    worst = missing.beyond_worst(known[0], directions)
    boosted = boosted_pd.boost(missing.fill(known[0], worst), known[1], features, directions, folds, spec)
    proxies = evaluation.proxies(rows, features, protected)
    method, losses = _calibration(boosted.held_out, known[1], spec)
    predictor = _predictor(boosted, *known, worst, features, evaluation.hidden(proxies), method)
    pd_ = np.empty(len(rows))
    pd_[slices.development] = predictor.calibration.pd(boosted.held_out)
    pd_[slices.oot] = predictor.predict_pd(rows.loc[slices.oot])
    benchmark, rival = _benchmark(known, late, features, directions)
    grades = evaluation.grades(bad, pd_, slices, policy)
    scored = splits.scored(rows, slices, bad=bad, pd=pd_)
    groups = evaluation.by_group(scored, policy, protected)
    figures = evaluation.figures(bad, pd_, slices) | evaluation.grade_figures(grades) | fairness.figures(groups)
    figures |= evaluation.gain(late[1], pd_[slices.oot], rival)
    allowed = policy.withholding if policy else Withholding()
    gains = withholding.gains(rows, predictor, optional or {}, predictor.predict_pd, allowed.max_gain_pd)
    figures |= withholding.figures(gains)
    if spec.cross_validate:
        figures |= boosted_pd.cross_validate(frame, spec, monotone, spec.cross_validate)
    record = Record(
        **evaluation.described(frame, rows, slices, spec, predictor, boosted.booster, directions),
        metrics=figures,
        gates=judge(figures, spec.gates),
        benchmark=benchmark,
        calibration={"method": method, "losses": losses},
        grades=rows_of(grades),
        suspects=evaluation.suspects(*known, features),
        fairness={name: rows_of(table.reset_index()) for name, table in groups.items()},
        proxies=proxies,
        withholding=gains,
    )
    return FitResult(predictor, record, scored)


def reseeded(
    predictor: AdmissionPredictor,
    rows: pd.DataFrame,
    spec: ModelSpec,
    development: NDArray[np.bool_],
    monotone: dict[str, int],
) -> np.ndarray:
    """PD of the rows out of time by a booster of another seed and the calibration of the first."""
    features, label = predictor.features, rows.loc[development, spec.label].to_numpy(int)
    filled = predictor.missing.filled(frames.matrix(rows, features))
    directions, rounds = tuple(monotone[name] for name in features), predictor.booster.num_boosted_rounds()
    given = {"objective": "binary:logistic"}
    booster = boosting.reseeded(filled[development], label, features, directions, spec, given, rounds)
    return predictor.calibration.pd(boosting.margin(booster, boosting.data(filled[~development], features)))


def rescored(
    predictor: AdmissionPredictor,
    rows: pd.DataFrame,
    spec: ModelSpec,
    development: NDArray[np.bool_],
    monotone: dict[str, int],
) -> np.ndarray:
    """Log-odds of the rows out of time by a booster that learnt from the features of `monotone` alone."""
    features, names = predictor.features, tuple(monotone)
    filled = predictor.missing.filled(frames.matrix(rows, features))[:, [features.index(name) for name in names]]
    bad, folds = rows[spec.label].to_numpy(int), splits.blocks(int(development.sum()), spec.split.folds)
    directions, known = tuple(monotone.values()), filled[development]
    boosted = boosted_pd.boost(known, bad[development], names, directions, folds, spec)
    return boosting.margin(boosted.booster, boosting.data(filled[~development], names))


def _calibration(held_out: np.ndarray, bad: np.ndarray, spec: ModelSpec) -> tuple[Method, dict[Method, float]]:
    losses = calibration.losses(held_out, bad, splits.forward(len(bad), spec.split.folds))
    return min(losses, key=losses.__getitem__) if spec.calibration == "auto" else spec.calibration, losses


def _predictor(
    boosted: boosting.Boosted,
    x: np.ndarray,
    bad: np.ndarray,
    worst: np.ndarray,
    features: tuple[str, ...],
    hidden: tuple[str, ...],
    method: Method,
) -> AdmissionPredictor:
    def risk(x: np.ndarray) -> np.ndarray:
        return boosting.margin(boosted.booster, boosting.data(x, features))

    treated = missing.learnt(x, worst, risk)
    rows = boosting.data(treated.filled(x), features)
    return AdmissionPredictor(
        features=features,
        booster=boosted.booster,
        calibration=calibration.FITS[method](boosted.held_out, bad),
        profile=explain.profile(
            boosting.margin(boosted.booster, rows), boosting.contributions(boosted.booster, rows)[:, :-1]
        ),
        missing=treated,
        hidden=hidden,
    )


def _benchmark(
    known: tuple[np.ndarray, np.ndarray],
    late: tuple[np.ndarray, np.ndarray],
    features: tuple[str, ...],
    directions: tuple[int, ...],
) -> tuple[dict[str, Any], np.ndarray]:
    from models import scorecard  # OR-tools and cvxpy take seconds to import, and scoring does without them

    return scorecard.benchmark(known, late, features, directions)
