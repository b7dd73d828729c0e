"""Which contract plays which role: read from one file, held against the contracts, with errors that say what to do."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from conf.schema import table_roles
from conf.schema.contract import Contract
from conf.schema.errors import FieldstoneError
from conf.schema.table_roles import TableRole
from conf.schema.workspace import ROOT, load
from pipeline.features import declarations
from tests.integration.small import copied

OWN = load()
STATED = yaml.safe_load((ROOT / table_roles.FILE).read_text(encoding="utf-8"))


@pytest.fixture
def root(tmp_path) -> Path:
    return copied(tmp_path)


def say(root: Path, **changes: dict | None) -> Path:
    """Let a workspace say otherwise of some roles, or nothing (None); returns its root."""
    declared = {role: stated for role, stated in (STATED | changes).items() if stated is not None}
    (root / table_roles.FILE).write_text(yaml.safe_dump(declared), encoding="utf-8")
    return root


def test_each_role_of_the_project_is_played_by_the_contract_that_its_file_names():
    assert {role: OWN.of_role(role).table for role in TableRole} == {role: STATED[role]["table"] for role in TableRole}
    assert [contract.role for contract in OWN.contracts.values()].count(None) == len(OWN.contracts) - len(TableRole)


def test_a_workspace_without_the_file_has_no_roles():
    example = load(ROOT / "examples/sba_farm")
    assert not example.tables.stated
    assert example.playing(TableRole.CONSENT) is None
    with pytest.raises(FieldstoneError, match=r"conf/tables\.yaml doesn't say which table plays the role loan"):
        example.of_role(TableRole.LOAN)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"withdrawal": None}, "which table is consent but not which is withdrawal, so data of people who withdraw"),
        ({"consent": None}, "which table is withdrawal but not which is consent"),
        (
            {"consent": None, "withdrawal": None},
            "doesn't say which tables are consent and withdrawal, so it can't be checked",
        ),
        ({"application": None}, "lacks application (which table holds the applications); state it there"),
        (
            {"application": {"table": "bank__application", "application_no": "application_no"}},
            "lacks application.requested_amount (the column of the amount asked for), application.term_months (the",
        ),
        ({"facts": None}, "lacks facts (which features are facts of a decision)"),
        ({"application": None, "facts": None}, "application (which table holds the applications), facts (which"),
        ({"loan": {"table": "bank__lending"}}, "loan is bank__lending, which no contract declares; there are bank__"),
        ({"loan": {"table": "bank__application"}}, "bank__application has several roles"),
        ({"loan": {}}, "loan.table"),
        ({"loans": {"table": "bank__loan"}}, "loans"),
        ({"application": {"table": "bank__application"}}, "application.application_no"),
        (
            {"membership": STATED["membership"] | {"household_no": "relation", "valid_from_date": "relation"}},
            "relation",
        ),
    ],
)
def test_a_file_that_is_not_whole_is_refused_with_what_is_missing(root, changes, message):
    with pytest.raises(FieldstoneError) as error:
        load(say(root, **changes))
    assert message in str(error.value)
    assert "conf/tables.yaml" in str(error.value)


@pytest.mark.parametrize(
    ("role", "what", "name", "message"),
    [
        ("consent", "granted_at", "given_at", "the column given_at of consent__grant, which it doesn't store"),
        (
            "consent",
            "recipient",
            "subject_id_no",
            "which it doesn't store; it has to be one of type string (consent_no",
        ),
        (
            "consent",
            "scopes",
            "published_at",
            "which is timestamp; it has to be one of type string (consent_no, scopes",
        ),
        (
            "withdrawal",
            "consent_no",
            "published_at",
            "which is timestamp; it has to be one of type string (consent_no)",
        ),
        ("application", "application_no", "published_at", "which is timestamp; it has to be one of type string"),
        (
            "application",
            "requested_amount",
            "channel",
            "which is string; it has to be one of type number (requested_cny",
        ),
        (
            "membership",
            "valid_from_date",
            "relation",
            "which is string; it has to be one of type date (valid_from_date",
        ),
    ],
)
def test_a_column_that_cannot_carry_it_is_named_with_those_that_could(root, role, what, name, message):
    with pytest.raises(FieldstoneError) as error:
        load(say(root, **{role: STATED[role] | {what: name}}))
    assert f"conf/tables.yaml is not valid: {what} of {role} is " in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("table", "column", "message"),
    [
        (
            "consent/withdrawal",
            "consent_no",
            "consent_no of withdrawal is the column consent_no of consent__withdrawal",
        ),
        ("consent/grant", "scopes", "scopes of consent is the column scopes of consent__grant, which must be required"),
        (
            "farm/household_membership",
            "household_no",
            "household_no of membership is the column household_no of farm__",
        ),
        ("consent/grant", "text_sha256", None),
        ("farm/household_membership", "valid_to_date", None),
    ],
)
def test_what_a_role_cannot_do_without_is_required_of_each_row(root, table, column, message):
    path = root / f"conf/contracts/{table}.yaml"
    before = path.read_text(encoding="utf-8")
    lines = [line.replace("required: true, ", "") if f"  {column}: " in line else line for line in before.split("\n")]
    path.write_text("\n".join(lines), encoding="utf-8")
    if message is None:
        assert load(root).tables == OWN.tables
        return
    with pytest.raises(FieldstoneError) as error:
        load(root)
    assert message in str(error.value)


def test_all_columns_that_cannot_carry_it_are_named_at_once(root):
    with pytest.raises(FieldstoneError, match=r"granted_at of consent .*; consent_no of withdrawal .*"):
        load(
            say(
                root,
                consent=STATED["consent"] | {"granted_at": "a"},
                withdrawal=STATED["withdrawal"] | {"consent_no": "b"},
            )
        )


def test_who_asks_for_consent_says_to_whom_it_is_given(root):
    path = root / "conf/settings.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("recipient: Fieldstone Rural Bank\n", ""), encoding="utf-8"
    )
    with pytest.raises(FieldstoneError, match=r"so no consent would count; state recipient in conf/settings\.yaml"):
        load(root)
    assert load(ROOT / "examples/sba_farm").settings.recipient == ""


@pytest.mark.parametrize("stated", ["role: consent", "carries: {consent_no: consent_no}"])
def test_a_contract_does_not_say_its_own_role(root, stated):
    path = root / "conf/contracts/consent/grant.yaml"
    path.write_text(path.read_text(encoding="utf-8") + f"\n{stated}\n", encoding="utf-8")
    with pytest.raises(FieldstoneError, match=r"contract consent__grant: its role is stated in conf/tables\.yaml"):
        load(root)


def test_what_is_kept_of_a_contract_says_no_role():
    contract = OWN.of_role(TableRole.CONSENT)
    kept = json.dumps(contract.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    again = Contract.model_validate_json(kept)
    assert (again.role, again.carries) == (None, {})
    assert again.columns == contract.columns


@pytest.mark.parametrize(
    ("carries", "columns", "expected"),
    [
        ({"a": "a"}, ["a", "x"], {"a": "a", "x": "x"}),
        ({"a": "x"}, ["x", "y"], {"x": "a", "y": "y"}),
        ({"a": "x"}, ["x", "a"], {"x": "a"}),  # what is called `a` there is something else
        ({"a": "b", "b": "a"}, ["a", "b"], {"a": "b", "b": "a"}),
        ({"a": "x"}, ["y"], {"y": "y"}),
    ],
)
def test_columns_are_called_as_the_platform_calls_them(carries, columns, expected):
    contract = OWN.contract("bank__loan").model_copy(update={"carries": carries})
    assert contract.by_role(columns) == expected
    assert contract.has_own_names == any(what != name for what, name in carries.items())


def test_facts_that_no_feature_declares_are_named():
    facts = OWN.tables.facts.model_copy(update={"history_months": "months_known"})
    stated = replace(OWN, tables=OWN.tables.model_copy(update={"facts": facts}))
    with pytest.raises(FieldstoneError, match=r"nor a file in features/ declares for decisions: history_months is m"):
        declarations.feature_set(stated)
    assert declarations.facts(OWN) == OWN.tables.facts.model_dump()


def test_whoever_approved_is_asked_again_where_roles_or_facts_change(root):
    before = declarations.rested_on_sha256(load(root), [])
    after = declarations.rested_on_sha256(load(say(root, loan=None)), [])
    assert {name for name in before if before[name] != after.get(name)} == {table_roles.FILE}
    (root / table_roles.FILE).write_text("# the same, laid out otherwise\n" + yaml.safe_dump(STATED), encoding="utf-8")
    assert declarations.rested_on_sha256(load(root), []) == before
