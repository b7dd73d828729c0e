"""Roles and masks: complete, safe where nothing is said, and nobody gets what isn't given."""

from typing import get_args

import pytest
import yaml

from conf.schema import roles
from conf.schema.column import Identifier
from conf.schema.errors import FieldstoneError
from conf.schema.masks import STARS, masked, shown_line, shown_row
from conf.schema.roles import MASKED_ONLY, Role, Roles, Sight
from conf.schema.workspace import ROOT, load

STATED = yaml.safe_load((ROOT / "conf/roles.yaml").read_text(encoding="utf-8"))
CUSTOMER = load().contract("bank__customer")
ROW = {"customer_no": "C0000000001", "name": "安试样", "phone": "13800001234", "address": None, "left_over": "x"}


def _read(tmp_path, **changes) -> Roles:
    path = tmp_path / "roles.yaml"
    path.write_text(yaml.safe_dump(STATED | changes, allow_unicode=True), encoding="utf-8")
    return roles.read(path)


def test_a_workspace_that_says_nothing_shows_everybody_masked(tmp_path):
    assert roles.read(tmp_path / "roles.yaml") == MASKED_ONLY
    role = MASKED_ONLY.role_of("anybody")
    assert role.in_the_clear == []
    assert {role.sight(column) for column in CUSTOMER.identifiers.values()} == {Sight.MASKED}


def test_numbers_of_other_kinds_are_shown_as_resident_ids_are_unless_a_role_says():
    stated = {"identifiers": dict.fromkeys(get_args(Identifier), "masked") | {"resident_id": "hidden"}}
    named = {"name": "r", "title": {"en": "R", "zh": "R"}, "purposes": [], "classes": {"C1": "plain", "C2": "plain"}}
    assert Role.model_validate(named | stated).identifiers["subject"] == "masked"
    del stated["identifiers"]["subject"]
    assert Role.model_validate(named | stated).identifiers["subject"] == "hidden"


def test_roles_have_to_say_how_the_kinds_of_identifier_that_contracts_have_are_shown(tmp_path):
    silent = {"identifiers": {"name": "masked"}}
    auditor, officer = STATED["roles"]["auditor"] | silent, STATED["roles"]["privacy_officer"] | silent
    stated = _read(tmp_path, roles=STATED["roles"] | {"auditor": auditor, "privacy_officer": officer})
    stated.require_kinds({"name"})
    with pytest.raises(FieldstoneError) as error:
        stated.require_kinds({"name", "phone", "card"})
    assert "role auditor of phone, card" in str(error.value)
    assert "role privacy_officer of phone, card" in str(error.value)


def test_an_identifier_of_which_a_role_says_nothing_is_hidden(tmp_path):
    auditor = STATED["roles"]["auditor"] | {"identifiers": {"name": "plain"}}
    role = _read(tmp_path, roles=STATED["roles"] | {"auditor": auditor}).roles["auditor"]
    assert role.sight(CUSTOMER.columns["phone"]) is Sight.HIDDEN


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"members": {"lin": ["director"]}}, "members or others hold roles that aren't defined: director"),
        (
            {"others": "privacy_officer"},
            "others hold privacy_officer, which sees C2, address, name, phone, resident",
        ),
        ({"everybody": "auditor"}, "is no field here"),
    ],
)
def test_roles_that_cannot_be_meant_are_refused(tmp_path, changes, says):
    with pytest.raises(FieldstoneError, match=rf"roles conf/roles\.yaml are not valid[^$]*{says}"):
        _read(tmp_path, **changes)


def test_a_member_holds_the_roles_that_are_listed_the_first_unless_named(tmp_path):
    listed = _read(tmp_path, members={"lin": ["risk_modeler", "auditor"]}, others=None)
    assert [listed.role_of("lin").name, listed.role_of("lin", "auditor").name] == ["risk_modeler", "auditor"]
    with pytest.raises(FieldstoneError, match="lin doesn't hold the role data_engineer; holds risk_modeler, auditor"):
        listed.role_of("lin", "data_engineer")
    with pytest.raises(FieldstoneError, match="otto doesn't hold the role of anybody; holds none"):
        listed.role_of("otto")


def test_a_row_is_shown_column_by_column_without_what_is_hidden_or_unknown():
    everyone = load().roles.roles
    engineer = shown_row(ROW, CUSTOMER, everyone["data_engineer"])
    assert engineer == {"customer_no": "C0000000001", "name": "安**", "phone": "138****1234", "address": None}
    assert shown_row(ROW, CUSTOMER, everyone["risk_modeler"]) == {"customer_no": "C0000000001"}
    assert shown_row(ROW, CUSTOMER, everyone["privacy_officer"]).items() < ROW.items()


def test_a_value_that_is_no_identifier_is_masked_without_a_trace_of_it():
    assert masked("12345.67", None) == masked("1", None) == STARS


def test_a_line_is_shown_by_what_the_role_sees_least():
    everyone = load().roles.roles
    plain = {"classes": dict.fromkeys(("C1", "C2"), Sight.PLAIN)}
    seeing = everyone["auditor"].model_copy(
        update=plain | {"identifiers": dict.fromkeys(get_args(Identifier), "plain")}
    )
    lines = [shown_line("Ann Li,12", role) for role in (everyone["auditor"], everyone["data_engineer"], seeing)]
    assert lines == ["***", "A*n **,**", "Ann Li,12"]
