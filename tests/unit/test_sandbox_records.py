"""A clean county: every column as its contract says, every key where it belongs, nothing known too early."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from county_files import ASSETS, DECLARED, scope, tables

from conf.schema import identifiers
from conf.schema.clock import day, local, midnight
from sandbox.county.consent import RECIPIENT, scopes
from sandbox.county.deliver import with_gaps
from sandbox.county.scope import ZONE

AS_OF = pa.scalar(midnight(scope().end, ZONE), pa.timestamp("us", "UTC"))
FORMATS = {
    "parcel_code": identifiers.is_parcel_code,
    "house_unit_no": identifiers.is_house_unit_no,
    "division_code": identifiers.is_division_code,
}


@pytest.fixture(scope="module")
def county() -> dict[str, pa.Table]:
    return tables(scope(250))


def column(county, name, column):
    return county[name][column].to_pylist()


def keys(county, name, *columns):
    return list(zip(*(column(county, name, one) for one in columns), strict=True))


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_columns_are_those_of_the_contract(county, name):
    assert county[name].column_names == list(DECLARED.contract(name).columns)
    assert len(county[name])


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_values_are_those_that_the_contract_allows(county, name):
    for title, declared in DECLARED.contract(name).columns.items():
        values = county[name][title]
        if declared.required:
            assert values.null_count == 0, title
        present = values.drop_null()
        if declared.values:
            assert set(present.to_pylist()) <= set(declared.values), title
        if declared.pattern:
            assert all(re.search(declared.pattern, value) for value in present.to_pylist()), title
        if declared.format in FORMATS:
            assert all(map(FORMATS[declared.format], present.to_pylist())), title
        if declared.identifier == "resident_id":
            assert all(map(identifiers.is_resident_id, set(present.to_pylist()))), title
        if isinstance(declared.min, int | float):
            assert float(pc.min(present).as_py()) >= declared.min, title
        if isinstance(declared.max, int | float):
            assert float(pc.max(present).as_py()) <= declared.max, title


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_everything_was_published_before_the_end_and_after_it_happened(county, name):
    contract, rows = DECLARED.contract(name), county[name]
    happened = rows[contract.event_time].cast(pa.timestamp("us"))
    assert pc.all(pc.less(rows["published_at"], AS_OF)).as_py()
    assert pc.all(pc.greater_equal(rows["published_at"].cast(pa.timestamp("us")), happened)).as_py()


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_a_version_of_a_record_is_known_at_one_moment(county, name):
    contract = DECLARED.contract(name)
    subject = {"subject_key": contract.subject.column}
    key = [subject.get(part, part) for part in contract.primary_key]
    rows = keys(county, name, *key, *([contract.published] if contract.versioned and contract.published else []))
    assert len(rows) == len(set(rows))


def test_references_lead_somewhere(county):
    for child, parent, key in (
        ("bank__loan", "bank__application", "application_no"),
        ("bank__instalment", "bank__loan", "loan_no"),
        ("bank__transaction", "bank__account", "account_no"),
        ("consent__withdrawal", "consent__grant", "consent_no"),
    ):
        assert set(column(county, child, key)) <= set(column(county, parent, key)), child


def test_holders_and_customers_are_members_of_a_household(county):
    members = set(keys(county, "farm__household_membership", "household_no", "member_id_no"))
    for name in ("farm__planting", "farm__breeding", "farm__land_transfer", "housing__rural_house"):
        assert set(keys(county, name, "household_no", "holder_id_no")) <= members
    assert set(column(county, "bank__customer", "id_no")) <= {member for _, member in members}


def test_loans_carry_what_their_application_asked_for(county):
    applications = {row["application_no"]: row for row in county["bank__application"].to_pylist()}
    for loan in county["bank__loan"].to_pylist():
        application = applications[loan["application_no"]]
        assert (loan["id_no"], loan["product_code"]) == (application["id_no"], application["product_code"])
        assert loan["principal_cny"] <= application["requested_cny"]
        assert loan["disbursed_date"] > day(application["applied_at"], ZONE)
        assert application["status"] == "approved"


def test_balances_follow_from_the_bookings(county):
    bookings: dict[tuple[str, str], float] = {}
    for row in county["bank__transaction"].to_pylist():
        sign = 1 if row["direction"] == "in" else -1
        key = row["account_no"], f"{local(row['booked_at'], ZONE):%Y-%m}"
        bookings[key] = bookings.get(key, 0) + sign * float(row["amount_cny"])
    statements = county["bank__account"].to_pylist()
    balances = {(row["account_no"], f"{row['snapshot_date']:%Y-%m}"): float(row["balance_cny"]) for row in statements}
    for (account, month), balance in balances.items():
        if month == "2025-06":
            change = bookings.get((account, month), 0)
            assert balance - balances[account, "2025-05"] == pytest.approx(change, abs=0.01)


def test_consents_name_our_texts_scopes_and_recipient(county):
    grants = county["consent__grant"]
    shown = set(keys(county, "consent__grant", "text_sha256", "text_version"))
    assert shown == {(sha256, text.version) for sha256, text in DECLARED.consent_texts.items()}
    assert {scope for row in set(grants["scopes"].to_pylist()) for scope in row.split(";")} == set(scopes(DECLARED))
    assert set(grants["recipient"].to_pylist()) == {RECIPIENT}


def test_some_consents_are_missing_expired_or_withdrawn(county):
    grants = county["consent__grant"].to_pylist()
    members = county["farm__household_membership"].to_pylist()
    heads = {row["member_id_no"] for row in members if row["relation"] == "head"}
    consenting = {row["subject_id_no"] for row in grants}
    assert 0.02 < len(heads - consenting) / len(heads) < 0.2
    assert any(row["expires_at"] < AS_OF.as_py() for row in grants)
    assert len(county["consent__withdrawal"])


def test_most_customers_consent_before_they_first_apply(county):
    first: dict[str, object] = {}
    for row in county["consent__grant"].to_pylist():
        first.setdefault(row["subject_id_no"], row["published_at"])
    applied = {row["id_no"]: row["applied_at"] for row in reversed(county["bank__application"].to_pylist())}
    before = [person in first and first[person] <= moment for person, moment in applied.items()]
    assert sum(before) / len(before) > 0.85


def test_clerks_leave_optional_values_empty_but_no_other(county):
    contract = DECLARED.contract("bank__customer")
    rows = with_gaps(np.random.default_rng(1), contract, county["bank__customer"])
    empty = {name for name in rows.column_names if rows[name].null_count}
    assert empty == {"village_code", "education", "has_off_farm_job"}
