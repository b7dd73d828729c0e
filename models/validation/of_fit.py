"""From what a fit returned to its validation."""

from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import numpy as np
import pandas as pd

from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from conf.schema.validation import Validation
from models import evaluation, frames, of_kind, splits
from models.kind import PdKind, Relearning
from models.limit import LimitPredictor
from models.predictor import PdPredictor
from models.record import FitResult
from models.validation import of_capacity, of_pd
from models.validation.finding import findings
from models.validation.of_capacity import CapacityEvidence
from models.validation.of_pd import PdEvidence


def validated(
    result: FitResult[Any],
    frame: pd.DataFrame,
    spec: ModelSpec,
    rules: Validation,
    known_until: datetime,
    policy: Policy | None = None,
    protected: pd.DataFrame | None = None,
) -> FitResult[Any]:
    """The same result, with the findings of its validation in the record; of a PD or a capacity, else as it is.

    Args:
        result: of `fit`.
        frame, policy, protected: what `fit` was given.
        known_until: moment of the data.

    Raises:
        DataError: the rules lack the threshold of a test.
    """
    if "pd" in result.predictor.outputs:
        measures = of_pd.measures(_of_pd(result, frame, spec, rules, known_until, policy, protected))
    elif isinstance(result.predictor, LimitPredictor):
        measures = of_capacity.measures(_of_capacity(result, frame, spec, rules, known_until, protected))
    else:
        return result
    rules_used = {"version": rules.version, "fingerprint": rules.fingerprint}
    record = replace(result.record, validation=findings(measures, rules), validation_rules=rules_used)
    return replace(result, record=record)


def _of_capacity(
    result: FitResult[LimitPredictor],
    frame: pd.DataFrame,
    spec: ModelSpec,
    rules: Validation,
    known_until: datetime,
    protected: pd.DataFrame | None,
) -> CapacityEvidence:
    predictor, scored, rows = result.predictor, result.scored, frames.labelled(frame, spec)
    development = scored["slice"].eq("in_time").to_numpy(bool)
    late, groups = rows.loc[~development], rows.loc[:, [name for name in rules.groups if name in rows]]
    own = {spec.split.out_of.title.en: splits.out_of(rows, spec.split)} if spec.split.out_of else {}
    parts = {"capacity": predictor.capacity, "low": predictor.low, "median": predictor.median}
    return CapacityEvidence(
        x=frames.numbers(rows, predictor.features),
        income=rows[spec.label].to_numpy(float),
        predicted=scored[[*parts]],
        levels={name: part.level for name, part in parts.items()},
        constant=float(result.record.benchmark["constant_cny"]),
        as_of=rows.loc[:, "as_of"],
        development=development,
        score=predictor.margin,
        contributions=predictor.shap_values(late).to_numpy(),
        base_value=predictor.base_value,
        margin=predictor.margin(late),
        directions=result.record.monotone,
        known_until=known_until,
        is_by_chance=spec.is_by_chance,
        protected=_protected(rows, protected),
        groups=groups.assign(**own),
    )


def _protected(rows: pd.DataFrame, protected: pd.DataFrame | None) -> pd.DataFrame:
    """A column per protected attribute, by the position of the rows; none without any."""
    groups = pd.DataFrame(index=rows.index) if protected is None else protected.reindex(rows["application_id"])
    return groups.reset_index(drop=True)


def _of_pd(
    result: FitResult[PdPredictor],
    frame: pd.DataFrame,
    spec: ModelSpec,
    rules: Validation,
    known_until: datetime,
    policy: Policy | None,
    protected: pd.DataFrame | None,
) -> PdEvidence:
    predictor, record, rows = result.predictor, result.record, frames.labelled(frame, spec)
    pd_, development = result.scored["pd"].to_numpy(float), result.scored["slice"].eq("in_time").to_numpy(bool)
    x, late = frames.numbers(rows, predictor.features), rows.loc[~development]
    alike = splits.kept_together(rows, spec.split)
    again = Relearning(predictor, rows, spec, development, record.monotone)
    subject = rows.loc[:, "subject_key" if "subject_key" in rows else "application_id"].to_numpy()
    return PdEvidence(
        x=x,
        bad=rows[spec.label].to_numpy(int),
        pd_=pd_,
        as_of=rows.loc[:, "as_of"],
        subject=subject if alike is None else alike,
        development=development,
        score=predictor.predict_pd,
        contributions=predictor.shap_values(late).to_numpy(),
        base_value=predictor.base_value,
        margin=predictor.margin(late),
        directions=record.monotone,
        other_seed=cast(PdKind, of_kind(spec.kind)).reseeded(again),
        grade_names=tuple(str(grade["grade"]) for grade in record.grades),
        grade_bounds=tuple(float(grade["max_pd"]) for grade in record.grades),
        cut_off_pd=evaluation.cut_off(policy, pd_[development]),
        **_unseen(again),
        known_until=known_until,
        is_by_chance=spec.is_by_chance,
        protected=_protected(rows, protected),
        groups=rows.loc[:, [name for name in rules.groups if name in rows]],
    )


def _unseen(again: Relearning) -> dict[str, np.ndarray]:
    """PDs out of time by models that learnt from no row of their groups, and by others that did without as many rows.

    NaN where no group is known, or none is declared.
    """
    rows, spec, development = again.rows, again.spec, again.development
    groups, kind = splits.out_of(rows, spec.split), cast(PdKind, of_kind(spec.kind))
    pds = {name: np.full(len(rows), np.nan) for name in ("unseen", "unseen_by_chance")}
    if groups is None:
        return {name: pd_[~development] for name, pd_ in pds.items()}
    known = groups.dropna()
    shuffled = known.sample(frac=1, random_state=spec.seed).set_axis(known.index).reindex(groups.index)
    for pd_, each in zip(pds.values(), (groups, shuffled), strict=True):
        for group in splits.left_out(each, spec.split.folds, spec.seed):
            # what is learnt from lies out of the group, what is scored in it
            part = np.asarray(group != development, bool)
            if (late := part & ~development).any():
                pd_[late] = kind.refitted(again.among(part))
    return {name: pd_[~development] for name, pd_ in pds.items()}
