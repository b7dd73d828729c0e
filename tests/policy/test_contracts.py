"""Rules that every contract of the project keeps."""

import pytest
from deltalake import DeltaTable

from conf.schema.contract import LawfulBasis, Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.masks import shown_row
from conf.schema.roles import Sight
from conf.schema.workspace import load
from lake import erasure, request_log, schema
from tests.conftest import AS_OF

CONTRACTS = sorted(load().contracts.values(), key=lambda c: c.table)


@pytest.fixture(params=CONTRACTS, ids=lambda c: c.table)
def contract(request):
    return request.param


def test_direct_identifiers_never_reach_a_table(contract):
    stored = {*schema.bronze(contract).fieldNames(), *schema.silver(contract).fieldNames()}
    assert stored.isdisjoint(contract.identifiers), (
        "mark these columns as identifiers in the contract and store none of them: they go to the vault"
    )


def test_personal_data_has_a_subject_to_gate_and_erase_by(contract):
    assert contract.subject or contract.lawful_basis is LawfulBasis.PUBLIC_RECORD, (
        "name the subject in the contract, or say lawful_basis: public_record"
    )


def test_delta_keeps_no_statistics_of_personal_data(contract, lake):
    for layer in ("bronze", "silver", "quarantine"):
        lake.create(contract.named(layer))
        assert (
            DeltaTable(str(lake.path(contract.named(layer))))
            .metadata()
            .configuration["delta.dataSkippingNumIndexedCols"]
            == "0"
        ), "create the table by lake.create, which turns off statistics that would hold values of persons"


def test_every_column_has_a_name_in_both_languages_and_its_unit_in_its_name(contract):
    for name, column in contract.columns.items():
        assert column.en, "give the column a name in English (en:)"
        assert column.zh, "give the column a name in Chinese (zh:)"
        assert column.unit in (None, "ratio") or column.unit in name, (
            "put the unit into the column's name, such as sown_area_mu"
        )


def test_names_say_what_a_column_is(contract):
    for name, column in contract.columns.items():
        assert name.endswith("_date") == (column.type == "date"), f"call {name} …_date if it is a date, and only then"
        assert name.endswith("_at") == (column.type == "timestamp"), f"call {name} …_at if it is a moment, only then"
        assert name.startswith(("is_", "has_")) == (column.type == "boolean"), (
            f"call {name} is_… or has_… if it is true or false, and only then"
        )


@pytest.mark.parametrize("role", load().roles.roles.values(), ids=lambda role: role.name)
def test_every_role_says_how_every_column_is_shown(contract, role):
    assert {role.sight(column) for column in contract.columns.values()} <= {*Sight}, (
        "say in conf/roles.yaml how this column's class is shown: whole, masked or hidden"
    )
    shown = shown_row(dict.fromkeys(contract.columns, "text"), contract, role)
    hidden = [name for name in contract.identifiers if role.sight(contract.columns[name]) is Sight.HIDDEN]
    assert shown.keys().isdisjoint(hidden), (
        "lake.disclosure has to leave out what the role may not see; look at shown_row in conf/schema/masks.py"
    )


# erasure ------------------------------------------------------------------------------------------------------------


def test_whoever_is_in_a_table_can_be_erased_from_it(contract):
    targets = erasure.of_contract(contract)
    for layer, build in {"bronze": schema.bronze, "silver": schema.silver}.items():
        assert not contract.subject or targets[contract.named(layer)] in build(contract).fieldNames(), (
            "let lake.erasure.of_contract name a column of this layer by which a subject's rows are found"
        )
    assert not contract.subject or contract.named("quarantine") in targets, (
        "let lake.erasure.of_contract reach quarantine too"
    )


def test_personal_data_without_a_way_to_erase_it_is_refused(contract):
    if contract.lawful_basis is not LawfulBasis.PUBLIC_RECORD:
        with pytest.raises(FieldstoneError, match=f"{contract.table} holds personal data but has no subject"):
            erasure.of_contract(contract.model_copy(update={"subject": None}))


def test_every_table_of_the_platform_that_tells_of_subjects_is_in_the_map():
    """`audit__restricted` isn't: it is what keeps the others from being read."""
    telling = {
        table
        for table, (fields, _) in schema._PLATFORM.items()
        if {"subject_key", "key_id"} & {*fields.fieldNames()} and table != erasure.RESTRICTED
    }
    assert telling | {request_log.TABLE} == erasure.PLATFORM.keys(), (
        "add the table to lake.erasure.PLATFORM with the column that tells of subjects"
    )
    assert erasure.PLATFORM["vault__keys"] in schema.VAULT_KEYS.fieldNames(), (
        "name in lake.erasure.PLATFORM a column that vault__keys has"
    )


@pytest.mark.parametrize("layer", ["bronze", "silver"])
def test_protected_columns_are_seen_for_fairness_testing_only(lake, layer):
    for contract in lake.workspace.contracts.values():
        if protected := {name for name, column in contract.columns.items() if column.protected}:
            table = contract.named(layer)
            lake.create(table)
            assessed, tested = (
                lake.read(table, purpose=purpose, as_of=AS_OF).columns
                for purpose in (Purpose.CREDIT_ASSESSMENT, Purpose.FAIRNESS_TESTING)
            )
            assert not protected & {*assessed}, (
                "mark the column protected: in the contract; lake.read shows it for fairness_testing only"
            )
            assert protected <= {*tested}, (
                "lake.read has to show protected columns for fairness_testing, else nothing can be tested"
            )
