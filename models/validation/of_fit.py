"""Validates the result of a fit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, cast

import numpy as np
import pandas as pd

from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from conf.schema.validation import Validation
from models import evaluation, frames, splits
from models.explain import Described
from models.finding import Finding
from models.kind import ModelKind, PdKind, Relearning
from models.limit import LimitPredictor
from models.predictor import PdPredictor
from models.record import FitResult
from models.validation import of_capacity, of_pd, of_regression, reason_stability
from models.validation.finding import findings
from models.validation.of_capacity import CapacityEvidence
from models.validation.of_pd import PdEvidence
from models.validation.of_regression import RegressionEvidence


@dataclass(frozen=True)
class _Fitted:
    """A fit with its inputs and the rules of its validation; see `validated`."""

    result: FitResult[Any]
    frame: pd.DataFrame
    spec: ModelSpec
    rules: Validation
    known_until: datetime
    kind: ModelKind
    policy: Policy | None
    protected: pd.DataFrame | None
    catalogue: Mapping[str, Described] | None

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The labelled rows."""
        return frames.labelled(self.frame, self.spec)

    @cached_property
    def development(self) -> np.ndarray:
        """Mask of the labelled rows that the model learnt from."""
        return self.result.scored["slice"].eq("in_time").to_numpy(bool)

    @cached_property
    def subject(self) -> np.ndarray:
        """The subject of each labelled row, or the group that the split keeps together."""
        alike = splits.kept_together(self.rows, self.spec.split)
        return frames.owners(self.rows).to_numpy() if alike is None else alike


def validated(
    result: FitResult[Any],
    frame: pd.DataFrame,
    spec: ModelSpec,
    rules: Validation,
    known_until: datetime,
    kind: ModelKind,
    policy: Policy | None = None,
    protected: pd.DataFrame | None = None,
    catalogue: Mapping[str, Described] | None = None,
) -> FitResult[Any]:
    """The same result, with the findings of its validation in the record.

    Args:
        result: result of `fit`.
        frame, policy, protected: inputs of `fit`.
        known_until: moment of the data.
        kind: of the model.
        catalogue: names in both languages, by feature; without it, reasons can't be compared.

    Raises:
        DataError: the rules lack the threshold of a test.
    """
    (output,) = result.predictor.outputs
    tested = _FINDINGS[output](_Fitted(result, frame, spec, rules, known_until, kind, policy, protected, catalogue))
    rules_used = {"version": rules.version, "fingerprint": rules.fingerprint}
    return replace(result, record=replace(result.record, validation=tested, validation_rules=rules_used))


def _evidence(of: _Fitted, score: Callable[[pd.DataFrame], np.ndarray]) -> dict[str, Any]:
    """The evidence that every kind of model has, see `evidence.Evidence`."""
    predictor, late = of.result.predictor, of.rows.loc[~of.development]
    return {
        "x": frames.numbers(of.rows, predictor.features),
        "as_of": of.rows.loc[:, "as_of"],
        "subject": of.subject,
        "development": of.development,
        "score": score,
        "contributions": predictor.shap_values(late).to_numpy(),
        "base_value": predictor.base_value,
        "margin": predictor.margin(late),
        "directions": of.result.record.monotone,
        "known_until": of.known_until,
        "is_by_chance": of.spec.is_by_chance,
        "protected": _protected(of.rows, of.protected),
    }


def _protected(rows: pd.DataFrame, protected: pd.DataFrame | None) -> pd.DataFrame:
    """A column per protected attribute, indexed by the position of the rows; no columns without any."""
    groups = pd.DataFrame(index=rows.index) if protected is None else protected.reindex(rows["application_id"])
    return groups.reset_index(drop=True)


def _groups(of: _Fitted) -> pd.DataFrame:
    """Columns whose groups are tested one by one."""
    return of.rows.loc[:, [name for name in of.rules.groups if name in of.rows]]


def _parts(of: _Fitted) -> pd.DataFrame:
    """The columns of `_groups`, and the groups that the split names."""
    split = of.spec.split
    return _groups(of).assign(**({split.out_of.title.en: splits.out_of(of.rows, split)} if split.out_of else {}))


def _of_quantile(of: _Fitted) -> tuple[Finding, ...]:
    return findings(of_regression.of_quantile(_of_any_number(of), of.spec.quantile), of.rules)


def _of_mean(of: _Fitted) -> tuple[Finding, ...]:
    return findings(of_regression.of_mean(_of_any_number(of)), of.rules)


def _of_any_number(of: _Fitted) -> RegressionEvidence:
    scored = of.result.scored
    return RegressionEvidence(
        **_evidence(of, of.result.predictor.margin),
        groups=_parts(of),
        actual=scored["actual"].to_numpy(float),
        predicted=scored["predicted"].to_numpy(float),
        constant=float(of.result.record.benchmark["constant"]),
    )


def _of_capacity(of: _Fitted) -> tuple[Finding, ...]:
    predictor = cast(LimitPredictor, of.result.predictor)
    scored = of.result.scored
    evidence = CapacityEvidence(
        **_evidence(of, predictor.margin),
        groups=_parts(of),
        actual=of.rows[of.spec.label].to_numpy(float),
        predicted=scored["capacity"].to_numpy(float),
        constant=float(of.result.record.benchmark["constant"]),
        level=predictor.capacity.level,
        others={getattr(predictor, name).level: scored[name].to_numpy(float) for name in ("low", "median")},
    )
    return findings(of_capacity.measures(evidence), of.rules)


def _of_pd(of: _Fitted) -> tuple[Finding, ...]:
    result, rows, spec = cast("FitResult[PdPredictor]", of.result), of.rows, of.spec
    record, pd_ = result.record, result.scored["pd"].to_numpy(float)
    again = Relearning(result.predictor, rows, spec, of.development, record.monotone)
    kind, cut_off_pd = cast(PdKind, of.kind), evaluation.cut_off(of.policy, pd_[of.development])
    evidence = PdEvidence(
        **_evidence(of, result.predictor.predict_pd),
        groups=_groups(of),
        bad=rows[spec.label].to_numpy(int),
        pd_=pd_,
        pd_alike=result.scored["pd_alike"].to_numpy(float),
        other_seed=kind.reseeded(again),
        grade_names=tuple(str(grade["grade"]) for grade in record.grades),
        grade_bounds=tuple(float(grade["max_pd"]) for grade in record.grades),
        cut_off_pd=cut_off_pd,
        **_unseen(again, kind),
        **_reasons(of, again, kind, cut_off_pd),
    )
    return findings(of_pd.measures(evidence), of.rules)


def _reasons(of: _Fitted, again: Relearning, kind: PdKind, cut_off_pd: float) -> dict[str, Any]:
    """Reasons of declined rows out of time, by the model and by models of other samples; none without a catalogue."""
    if of.catalogue is None:
        return {"reasons": (), "other_reasons": ()}
    subject = of.subject[of.development]
    own, others = reason_stability.by_samples(again, kind, subject, cut_off_pd, of.catalogue)
    return {"reasons": own, "other_reasons": others}


def _unseen(again: Relearning, kind: PdKind) -> dict[str, Any]:
    """PDs out of time by models that never saw the row's group, and by models that left out as many rows by chance.

    NaN if the group isn't known, or none is declared.
    """
    rows, spec, development = again.rows, again.spec, again.development
    groups = splits.out_of(rows, spec.split)
    pds = {name: np.full(len(rows), np.nan) for name in ("unseen", "unseen_by_chance")}
    if groups is None:
        return {name: pd_[~development] for name, pd_ in pds.items()}
    known = groups.dropna()
    shuffled = known.sample(frac=1, random_state=spec.seed).set_axis(known.index).reindex(groups.index)
    for pd_, each in zip(pds.values(), (groups, shuffled), strict=True):
        for group in splits.left_out(each, spec.split.folds, spec.seed):
            # the model learns from rows outside the group and scores rows inside it
            part = np.asarray(group != development, bool)
            if (late := part & ~development).any():
                part_of = again.among(part)
                model = kind.relearnt(part_of)
                pd_[late] = model.predict_pd(part_of.late) if model else np.nan
    return {name: pd_[~development] for name, pd_ in pds.items()}


# by the predicted quantity, so that another algorithm for it has the same tests
_FINDINGS: dict[str, Callable[[_Fitted], tuple[Finding, ...]]] = {
    "pd": _of_pd,
    "capacity_year": _of_capacity,
    "quantile": _of_quantile,
    "mean": _of_mean,
}
