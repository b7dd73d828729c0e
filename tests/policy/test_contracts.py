"""Rules that every contract of the project keeps."""

import pytest

from conf.contract import LawfulBasis
from conf.workspace import load
from lake import schema

CONTRACTS = sorted(load().contracts.values(), key=lambda c: c.table)


@pytest.fixture(params=CONTRACTS, ids=lambda c: c.table)
def contract(request):
    return request.param


def test_direct_identifiers_never_reach_a_table(contract):
    stored = {*schema.bronze(contract).fieldNames(), *schema.silver(contract).fieldNames()}
    assert stored.isdisjoint(contract.identifiers)


def test_personal_data_has_a_subject_to_gate_and_erase_by(contract):
    assert contract.subject or contract.lawful_basis is LawfulBasis.PUBLIC_RECORD


def test_delta_keeps_no_statistics_of_personal_data(contract, lake):
    for layer in ("bronze", "silver", "quarantine"):
        lake.create(contract.named(layer))
        assert lake.configuration(contract.named(layer))["delta.dataSkippingNumIndexedCols"] == "0"


def test_every_column_has_a_name_in_both_languages_and_its_unit_in_its_name(contract):
    for name, column in contract.columns.items():
        assert column.en
        assert column.zh
        assert column.unit in (None, "ratio") or column.unit in name


def test_names_say_what_a_column_is(contract):
    for name, column in contract.columns.items():
        assert name.endswith("_date") == (column.type == "date"), name
        assert name.endswith("_at") == (column.type == "timestamp"), name
        assert name.startswith(("is_", "has_")) == (column.type == "boolean"), name
