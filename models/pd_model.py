"""Common parts of all kinds of PD model: rows and folds of time, calibration, figures and the record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from conf.schema.errors import DataError
from conf.schema.model import ModelSpec, Split
from conf.schema.policy import Policy, Withholding
from models import calibration, evaluation, fairness, frames, metrics, missing_values, splits, withholding
from models.calibration import Calibration, Method
from models.predictor import PdPredictor
from models.record import FitResult, Record, judge, rows_of
from models.splits import Folds, Slices

_LEAST_OF_A_CLASS = 5
_COARSE = 0.25  # distinct PDs per row, below which a model is a coarse one, such as a scorecard


class Learnt(Protocol):
    """A model trained on development rows, before it is calibrated."""

    @property
    def features(self) -> tuple[str, ...]:
        """The features that it reads, out of the candidate features."""
        ...

    @property
    def out_of_fold(self) -> np.ndarray:
        """Log-odds of each row from the fold that left it out."""
        ...

    def margin(self, x: np.ndarray) -> np.ndarray:
        """Log-odds of rows with all candidate features, before calibration."""
        ...

    def predictor(self, fitted: Calibration, hidden: tuple[str, ...]) -> tuple[PdPredictor, np.ndarray]:
        """The calibrated predictor, and its SHAP values of the development rows, of shape (rows, features)."""
        ...

    def made(self, predictor: Any) -> dict[str, Any]:
        """The record's fields about the training of this kind, including `monotone` and `params`."""
        ...


class Learn(Protocol):
    """Learns log-odds of default from development rows."""

    def __call__(
        self,
        x: np.ndarray,
        bad: np.ndarray,
        features: tuple[str, ...],
        directions: tuple[int, ...],
        folds: Folds,
        spec: ModelSpec,
    ) -> Learnt:
        """Learn.

        Args:
            x: of shape (rows, features), missing NaN.
            bad: 1 bad, 0 good.
            directions: of each feature in PD; 0 where free.
            folds: positions to learn from and to hold out; each row is held out once.
        """
        ...


def fit(
    learn: Learn,
    frame: pd.DataFrame,
    spec: ModelSpec,
    monotone: dict[str, int],
    policy: Policy | None,
    protected: pd.DataFrame | None,
    optional: Mapping[str, tuple[str, ...]] | None,
) -> FitResult[Any]:
    """Train a PD model and its scorecard benchmark, and judge both; the rest as of `kind.ModelKind.fit`.

    The policy's grades make the grade table; without one there are five bands of equal size.

    The development rows are cut into folds of time. Each fold is scored by a model that never saw it: these held-out
    margins fit the calibration, and are what "in time" means in every figure. The final model learns from all
    development rows. Nothing is fitted on the out-of-time slice.
    """
    of = _parted(frame, spec, monotone, splits.folds)
    rows, slices, bad = of.rows, of.slices, of.bad
    require_both([bad[slices.oot]], "out-of-time slice", spec)
    learnt = learn(*of.known, of.features, of.directions, of.folds, spec)
    proxies = evaluation.proxies(rows, learnt.features, protected)
    forward_folds = splits.forward_folds(rows, slices, spec.split)
    moments = rows.loc[slices.development, "as_of"]
    fitted, calibrated = _calibrated(learnt.out_of_fold, bad[slices.development], moments, forward_folds, spec)
    predictor, shap = learnt.predictor(fitted, evaluation.hidden(proxies))
    pd_ = np.empty(len(rows))
    pd_[slices.development] = fitted.pd(learnt.out_of_fold)
    pd_[slices.oot] = predictor.predict_pd(rows.loc[slices.oot])
    # PDs whose spread is compared: those held out, for a fine model's PDs of rows that it has learnt lie too far apart;
    # the few of a coarse one don't, and those of another fit would fall between them
    is_coarse = len(np.unique(pd_[slices.oot])) < _COARSE * slices.oot.sum()
    alike = pd_.copy()
    if is_coarse:
        alike[slices.development] = predictor.predict_pd(rows.loc[slices.development])
    benchmark, rival = _benchmark(of)
    grades = evaluation.grades(bad, pd_, slices, policy)
    scored = splits.scored(rows, slices, bad=bad, pd=pd_, pd_alike=alike)
    groups = evaluation.by_group(scored, policy, protected)
    figures = evaluation.figures(bad, pd_, alike, slices) | evaluation.grade_figures(grades) | fairness.figures(groups)
    figures |= evaluation.gain(bad[slices.oot], pd_[slices.oot], rival)
    allowed = policy.withholding if policy else Withholding()
    gains = withholding.gains(rows, predictor, optional or {}, predictor.predict_pd, allowed.max_gain_pd)
    figures |= withholding.figures(gains)
    if spec.cross_validate:
        figures |= cross_validate(learn, frame, spec, monotone, spec.cross_validate)
    record = Record(
        **evaluation.described(frame, rows, slices, spec, predictor, shap),
        **learnt.made(predictor),
        metrics=figures,
        gates=judge(figures, spec.gates),
        benchmark=benchmark,
        calibration=calibrated,
        grades=rows_of(grades),
        fairness={name: rows_of(table.reset_index()) for name, table in groups.items()},
        proxies=proxies,
        withholding=gains,
    )
    return FitResult(predictor, record, scored)


def cross_validate(
    learn: Learn, frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int], folds: int
) -> dict[str, float]:
    """Stratified k-fold AUC over all labelled rows: how well the features rank when time is ignored.

    What is chosen by held-out rows is chosen by folds within each training part, so no row that is scored was seen
    before.

    Returns:
        `auc_cv`, its standard deviation over the folds `auc_cv_sd`, and `auc_fold_1` and on.
    """
    features, directions, rows, bad = prepared(frame, spec, monotone)
    x = frames.matrix(rows, features)
    x = missing_values.fill(x, missing_values.beyond_worst(x, directions))
    groups = splits.kept_together(rows, spec.split)
    folding = (StratifiedKFold if groups is None else StratifiedGroupKFold)(folds, shuffle=True, random_state=spec.seed)
    areas: list[float] = []
    for known, test in folding.split(x, bad, groups):
        within = list(folding.split(known, bad[known], None if groups is None else groups[known]))
        learnt = learn(x[known], bad[known], features, directions, within, spec)
        areas.append(metrics.auc(bad[test], learnt.margin(x[test])))
    named = {f"auc_fold_{i}": area for i, area in enumerate(areas, 1)}
    return {"auc_cv": float(np.mean(areas)), "auc_cv_sd": float(np.std(areas, ddof=1)), **named}


def prepared(
    frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]
) -> tuple[tuple[str, ...], tuple[int, ...], pd.DataFrame, np.ndarray]:
    """Features, their directions, the labelled rows in order of time, and their labels, 1 bad and 0 good.

    Raises:
        ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
    """
    frames.require_declared_directions(spec)
    features = tuple(frames.feature_names(frame, spec, monotone))
    rows = frames.labelled(frame, spec)
    bad = rows[spec.label].astype(float)
    if not bad.isin([0, 1]).to_numpy().all():
        raise DataError(f"model {spec.name}: label {spec.label} must be 1 (bad), 0 (good) or null")
    return features, tuple(monotone.get(name, 0) for name in features), rows, bad.to_numpy(int)


def forward(
    frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]
) -> tuple[np.ndarray, np.ndarray, tuple[int, ...], Folds]:
    """What a search of parameters is judged by: the development rows, and folds that each follow their training rows.

    Returns:
        Features with missing values filled, of shape (rows, features), labels, 1 bad and 0 good, directions of the
        features, and folds.

    Raises:
        ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
    """
    of = _parted(frame, spec, monotone, splits.forward_folds)
    x, bad = of.known
    return missing_values.fill(x, missing_values.beyond_worst(x, of.directions)), bad, of.directions, of.folds


@dataclass(frozen=True)
class _Parted:
    """Labelled rows in order of time: features with missing NaN, labels, slices, and folds of development rows."""

    features: tuple[str, ...]
    directions: tuple[int, ...]
    rows: pd.DataFrame
    x: np.ndarray
    bad: np.ndarray
    slices: Slices
    folds: Folds

    @cached_property
    def known(self) -> tuple[np.ndarray, np.ndarray]:
        """Features and labels of the development rows."""
        return self.x[self.slices.development], self.bad[self.slices.development]

    @cached_property
    def late(self) -> tuple[np.ndarray, np.ndarray]:
        """Features and labels of the out-of-time rows."""
        return self.x[self.slices.oot], self.bad[self.slices.oot]


def _parted(
    frame: pd.DataFrame,
    spec: ModelSpec,
    monotone: dict[str, int],
    folding: Callable[[pd.DataFrame, Slices, Split], Folds],
) -> _Parted:
    """`prepared` rows with their slices and folds, each of which has both outcomes."""
    features, directions, rows, bad = prepared(frame, spec, monotone)
    slices = splits.slices(rows, spec.split)
    folds, known = folding(rows, slices, spec.split), bad[slices.development]
    require_both([known[part] for fold in folds for part in fold], "fold", spec)
    return _Parted(features, directions, rows, frames.matrix(rows, features), bad, slices, folds)


def require_both(
    parts: list[np.ndarray],
    what: str,
    spec: ModelSpec,
    mend: str = "give more rows, fewer folds or another oot_share in split",
) -> None:
    """Refuse labels if a part of them has too few bads or goods.

    Raises:
        DataError: a part has too few.
    """
    bads, goods = (min(int((part == outcome).sum()) for part in parts) for outcome in (1, 0))
    if min(bads, goods) < _LEAST_OF_A_CLASS:
        raise DataError(
            f"model {spec.name}: a {what} has {bads} bad and {goods} good rows, at least {_LEAST_OF_A_CLASS} of each "
            f"are needed; {mend}"
        )


def _calibrated(
    out_of_fold: np.ndarray, bad: np.ndarray, moments: pd.Series, folds: Folds, spec: ModelSpec
) -> tuple[Calibration, dict[str, Any]]:
    """The calibration of held-out margins, centred on the latest months if the spec says so, and its description."""
    losses = calibration.losses(out_of_fold, bad, folds)
    method: Method = min(losses, key=losses.__getitem__) if spec.calibration == "auto" else spec.calibration
    fitted, described = calibration.FITS[method](out_of_fold, bad), {"method": method, "losses": losses}
    if (months := spec.central_tendency_months) is None:
        return fitted, described
    recent = (moments > moments.max() - pd.DateOffset(months=months)).to_numpy()
    what, mend = f"central tendency of the latest {months} months", "give central_tendency_months more, or leave it out"
    require_both([bad[recent]], what, spec, mend)
    central = {"rows": int(recent.sum()), "bad_rate": float(bad[recent].mean())}
    fitted = calibration.recentred(fitted, out_of_fold[recent], central["bad_rate"])
    return fitted, described | {"central_tendency": central}


def _benchmark(of: _Parted) -> tuple[dict[str, Any], np.ndarray]:
    from models import scorecard  # OR-tools and cvxpy take seconds to import, and scoring does without them

    return scorecard.benchmark(of.known, of.late, of.features, of.directions)
