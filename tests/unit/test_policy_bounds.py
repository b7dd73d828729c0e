"""Policy values that can't be meant are refused when the file is read; what was given and what is allowed is said."""

import re
import shutil
from copy import deepcopy

import pytest
import yaml

from conf.schema import policy
from conf.schema.errors import FieldstoneError
from conf.schema.model import ModelSpec
from conf.schema.workspace import ROOT, load
from conf.schema.yaml_reader import checked

STATED = yaml.safe_load((ROOT / "conf/policy.yaml").read_text(encoding="utf-8"))


def read(tmp_path, place: str, value) -> policy.Policy:
    """The policy with one value changed; `place` is dotted, numbers count in lists."""
    stated = deepcopy(STATED)
    *path, name = [int(part) if part.isdigit() else part for part in place.split(".")]
    inner = stated
    for part in path:
        inner = inner[part]
    inner[name] = value
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump(stated, default_flow_style=False), encoding="utf-8")
    return policy.read(file)


NAN, INF = float("nan"), float("inf")
REFUSED = [
    ("decline_pd", NAN, "0.0001 to 0.9999"),
    ("decline_pd", 1, "0.0001 to 0.9999"),
    ("refer_pd", -0.1, "0.0001 to 0.9999"),
    ("refer_pd", 0, "0.0001 to 0.9999"),
    ("max_dti", INF, "0.01 to 1"),
    ("max_dti", 50, "0.01 to 1"),
    ("loss_given_default", NAN, "0.01 to 1"),
    ("loss_given_default", -0.45, "0.01 to 1"),
    ("loss_given_default", 45, "0.01 to 1"),
    ("max_withdrawn_share", 5, "0 to 1"),
    ("max_withdrawn_share", NAN, "0 to 1"),
    ("min_limit", -1000, "0 to 1,000,000,000"),
    ("min_limit", NAN, "0 to 1,000,000,000"),
    ("min_history_months", -3, "0 to 120"),
    ("min_history_months", 100_000, "0 to 120"),
    ("score_base", NAN, "0 to 10,000"),
    ("score_base_odds", 0, "0.01 to 1,000,000"),
    ("score_base_odds", -50, "0.01 to 1,000,000"),
    ("score_base_odds", INF, "0.01 to 1,000,000"),
    ("score_pdo", 0, "1 to 1,000"),
    ("score_pdo", -20, "1 to 1,000"),
    ("grades.0.max_pd", NAN, "0.0001 to 1"),
    ("grades.0.max_pd", -0.02, "0.0001 to 1"),
    ("grades.5.max_pd", 1.2, "0.0001 to 1"),
    ("grades.0.group_cap", INF, "0 to 1,000,000,000"),
    ("grades.5.group_cap", -1, "0 to 1,000,000,000"),
    ("products.farm_credit.annual_rate", NAN, "0 to 0.36"),
    ("products.farm_credit.annual_rate", -0.055, "0 to 0.36"),
    ("products.farm_credit.annual_rate", 5.5, "0 to 0.36"),
    ("products.farm_credit.cap", NAN, "0 to 1,000,000,000"),
    ("products.farm_credit.cap", "1e30", "0 to 1,000,000,000"),
    ("products.farm_credit.regulatory_cap", -1, "0 to 1,000,000,000"),
    ("products.farm_credit.round_down_to", 0, "0.01 to 1,000,000"),
    ("products.farm_credit.round_down_to", -100, "0.01 to 1,000,000"),
    ("products.farm_credit.round_down_to", NAN, "0.01 to 1,000,000"),
    ("when_suspended.housing.max_age_days", -1, "0 to 3,650"),
    ("when_missing.least_known", 75, "0.1 to 1"),
    ("when_missing.least_rows", 0, "0.1 to 1"),
    ("when_missing.least_recent", 50, "0.1 to 1"),
    ("withholding.max_gain_pd", NAN, "0 to 0.05"),
    ("withholding.max_gain_capacity", 2, "0 to 0.2"),
]


def _place_text(place: str) -> str:
    """The place as an error has it: entries of a list are counted from 1."""
    return re.sub(r"\.(\d)", lambda match: f" (entry {int(match[1]) + 1})", place)


@pytest.mark.parametrize(("place", "value", "allowed"), REFUSED)
def test_a_value_beyond_its_bounds_is_refused_with_what_is_allowed(tmp_path, place, value, allowed):
    with pytest.raises(FieldstoneError) as error:
        read(tmp_path, place, value)
    assert str(error.value) == (
        f"policy conf/policy.yaml is not valid: {_place_text(place)}: {value} was given; allowed is {allowed}"
    )


@pytest.mark.parametrize("place", ["max_dti", "loss_given_default", "max_withdrawn_share", "when_missing.least_rows"])
def test_a_share_of_more_than_four_decimals_is_refused(tmp_path, place):
    says = "0.3333333333333333 was given; allowed are at most 4 decimals, .*; give 0.3333 or another such share"
    with pytest.raises(FieldstoneError, match=f"policy conf/policy.yaml is not valid: {place}: {says}"):
        read(tmp_path, place, 1 / 3)
    assert read(tmp_path, place, 0.3333)


@pytest.mark.parametrize("place", ["decline_pd", "max_dti", "grades.0.max_pd", "products.farm_credit.annual_rate"])
def test_a_truth_value_is_no_number(tmp_path, place):
    with pytest.raises(FieldstoneError, match=rf"{re.escape(_place_text(place))}: true isn't a number; give one from"):
        read(tmp_path, place, True)


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        ("grades.1.name", "A", "the grades A are listed twice; each needs its own name"),
        ("grades.1.name", "", "String should have at least 1 character"),
        ("grades.1.name", " ", "should match pattern"),
        ("grades.1.name", "A ", "should match pattern"),
        ("products", {"\t": STATED["products"]["farm_credit"]}, "should match pattern"),
        ("valid_from_date", "0001-01-01", "greater than or equal to 2000-01-01"),
        ("valid_from_date", "9999-12-31", "less than or equal to 2099-12-31"),
        ("decline_pd", 10**400, "a number of hundreds of digits was given; allowed is 0.0001 to 0.9999"),
        ("min_limit", -(10**400), "a number of hundreds of digits was given; allowed is 0 to 1,000,000,000"),
        ("min_history_months", 10**400, "a number of hundreds of digits was given; allowed is 0 to 120"),
        ("grades.1.max_pd", 0.01, "max_pd of the grades must rise and end at 1, not"),
        ("grades.1.max_pd", 0.02, "max_pd of the grades must rise and end at 1, not"),
        ("grades.5.max_pd", 0.9, "max_pd of the grades must rise and end at 1, not"),
        ("grades.5.group_cap", 400_000, "group_cap must not rise from grade to grade"),
        ("refer_pd", 0.3, "refer_pd 0.3 lies above decline_pd 0.2"),
        ("products", {}, "group_cap belongs to limits, but no products are stated"),
        ("when_missing.decisions", "ignore", "'stop' or 'refer'"),
        ("max_dti", "half", "max_dti: is a text, and has to be a number"),
        (
            "products.farm_credit.payment_every_months",
            5,
            "products.farm_credit.payment_every_months: is 5, and has to be 1, 3, 6 or 12",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path, place, value, says):
    with pytest.raises(FieldstoneError, match=says):
        read(tmp_path, place, value)


@pytest.mark.parametrize(
    ("place", "value"),
    [("products.farm_credit.annual_rate", 0), ("score_pdo", 1), ("max_dti", 1), ("min_history_months", 0)],
)
def test_the_bounds_themselves_are_allowed(tmp_path, place, value):
    assert read(tmp_path, place, value)


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("  housing: {", "when_suspended: no source housin; there are bank, consent, farm, housing"),
        ("[farm.household, ", "required_scopes: no scope of consent farm.househol; there are farm.breeding, "),
    ],
)
def test_a_source_or_scope_that_nothing_declares_is_refused(tmp_path, declared, says):
    shutil.copytree(ROOT / "conf", tmp_path / "conf", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "conf/policy.yaml"
    text = path.read_text(encoding="utf-8")
    assert declared in text
    misspelt = declared.replace("housing", "housin").replace("household", "househol")
    path.write_text(text.replace(declared, misspelt), encoding="utf-8")
    with pytest.raises(FieldstoneError, match=says):
        load(tmp_path)


@pytest.mark.parametrize("bounds", [{"min": NAN}, {"max": INF}, {"min": 0.7, "max": 0.6}])
def test_gates_that_nothing_or_anything_passes_are_refused(bounds):
    spec = {"name": "m", "kind": "admission", "title": {"en": "M", "zh": "模"}, "label": "bad"}
    with pytest.raises(FieldstoneError, match=r"finite number|min 0.7 above max 0.6, so no model can pass"):
        checked(ModelSpec, spec | {"gates": [{"metric": "auc_oot"} | bounds]}, "model is")
