"""From what a fit returned to its validation."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from conf.schema.validation import Validation
from models import boosting, evaluation, frames
from models.admission import AdmissionPredictor
from models.record import FitResult
from models.validation import evidence
from models.validation.evidence import Evidence


def validated(
    result: FitResult[Any],
    frame: pd.DataFrame,
    spec: ModelSpec,
    rules: Validation,
    known_until: datetime,
    policy: Policy | None = None,
    protected: pd.DataFrame | None = None,
) -> FitResult[Any]:
    """The same result, with the findings of its validation in the record; what predicts no PD stays as it is.

    Args:
        result: of `fit`.
        frame, policy, protected: what `fit` was given.
        known_until: moment of the data.

    Raises:
        DataError: the rules lack the threshold of a test.
    """
    if not isinstance(result.predictor, AdmissionPredictor):
        return result
    found = evidence.findings(_evidence(result, frame, spec, rules, known_until, policy, protected), rules)
    told = {"version": rules.version, "fingerprint": rules.fingerprint}
    return replace(result, record=replace(result.record, validation=found, validation_rules=told))


def _evidence(
    result: FitResult[AdmissionPredictor],
    frame: pd.DataFrame,
    spec: ModelSpec,
    rules: Validation,
    known_until: datetime,
    policy: Policy | None,
    protected: pd.DataFrame | None,
) -> Evidence:
    predictor, record, rows = result.predictor, result.record, frames.labelled(frame, spec)
    pd_, development = result.scored["pd"].to_numpy(float), result.scored["slice"].eq("in_time").to_numpy(bool)
    x, late = frames.numbers(rows, predictor.features), rows.loc[~development]
    subject = rows.loc[:, "subject_key" if "subject_key" in rows else "application_id"]
    groups = pd.DataFrame(index=rows.index) if protected is None else protected.reindex(rows["application_id"])
    return Evidence(
        x=x,
        bad=rows[spec.label].to_numpy(int),
        pd_=pd_,
        as_of=rows.loc[:, "as_of"],
        subject=subject.to_numpy(),
        development=development,
        score=predictor.predict_pd,
        contributions=predictor.shap_values(late).to_numpy(),
        base_value=predictor.base_value,
        margin=predictor.margin(late),
        directions=record.monotone,
        other_seed=_reseeded(predictor, rows, spec, development, record.monotone),
        grade_names=tuple(str(grade["grade"]) for grade in record.grades),
        grade_bounds=tuple(float(grade["max_pd"]) for grade in record.grades),
        cut_off_pd=evaluation.cut_off(policy, pd_[development]),
        known_until=known_until,
        is_by_chance=spec.is_by_chance,
        protected=groups.reset_index(drop=True),
        groups=rows.loc[:, [name for name in rules.groups if name in rows]],
    )


def _reseeded(
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
