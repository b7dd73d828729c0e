"""A model is trained anew when something that makes it has changed, and not because time has passed."""

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest
from portfolio import ADMISSION, NAMES, POLICY, frame, protected

from conf.schema.workspace import load
from features.engine.feature_set import FeatureSet
from pipeline.features import declarations
from pipeline.registry import training_data

FEATURES = declarations.feature_set(load())
DATA = frame().head(50)
RULES = load().validation
INPUTS = {"spec": ADMISSION, "policy": POLICY, "features": FEATURES, "data": DATA, "protected": protected()}
SAME = training_data.fingerprint(**INPUTS)


def with_direction(direction: int) -> FeatureSet:
    first, *others = FEATURES.columns
    return replace(FEATURES, columns=(replace(first, monotone=direction), *others))


def with_policy(**changes):
    return POLICY.model_copy(update=changes)


@pytest.mark.parametrize(
    "changed",
    [
        {"data": DATA.assign(**{NAMES[0]: DATA[NAMES[0]].fillna(0)})},
        {"data": DATA.rename(columns={NAMES[0]: NAMES[1], NAMES[1]: NAMES[0]})},
        {"data": DATA.head(49)},
        {"features": with_direction(1 - FEATURES.columns[0].monotone)},
        {"spec": ADMISSION.model_copy(update={"seed": 8})},
        {"spec": ADMISSION.model_copy(update={"gates": ()})},
        {"policy": with_policy(decline_pd=0.19)},
        {"policy": with_policy(score_pdo=30)},
        {"protected": protected().assign(sex="F")},
        {"protected": None},
        {"validation": RULES},
        {"kind": "0" * 64},
    ],
    ids=[
        "a value",
        "swapped names",
        "a row",
        "a direction",
        "the seed",
        "gates",
        "the cut-off",
        "the scale",
        "groups",
        "no groups",
        "thresholds",
        "the file of its kind",
    ],
)
def test_what_makes_a_model_changes_its_fingerprint(changed):
    assert training_data.fingerprint(**INPUTS | changed) != SAME


@pytest.mark.parametrize(
    "changed",
    [
        {"data": DATA[list(reversed(DATA.columns))]},
        {"policy": with_policy(min_limit=Decimal(900), max_withdrawn_share=0.1)},
    ],
    ids=["order of the columns", "terms of the policy that no model learns from"],
)
def test_what_doesnt_make_a_model_leaves_its_fingerprint(changed):
    assert training_data.fingerprint(**INPUTS | changed) == SAME


def test_the_code_of_the_models_and_the_software_count(monkeypatch, tmp_path):
    monkeypatch.setattr(training_data, "software", lambda: "python 9")
    assert training_data.fingerprint(**INPUTS) != SAME
    monkeypatch.undo()
    (tmp_path / "admission.py").write_text("a = 1")
    monkeypatch.setattr(training_data.models, "__file__", str(tmp_path / "__init__.py"))
    changed = training_data.fingerprint(**INPUTS)
    (tmp_path / "admission.py").write_text("a = 2")
    assert len({SAME, changed, training_data.fingerprint(**INPUTS)}) == 3


def test_rows_are_hashed_with_the_names_of_their_columns():
    rows = pd.DataFrame({"a": [1.0], "b": [2.0]})
    assert training_data.sha256(rows) == training_data.sha256(rows[["b", "a"]])
    assert training_data.sha256(rows) != training_data.sha256(rows.rename(columns={"a": "b", "b": "a"}))
