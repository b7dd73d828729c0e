"""A household, an account or whatever is numbered as a person: its token is no key of hers, and she can be erased."""

import shutil
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from lake import log, pseudonym
from lake.vault import token_of
from tests.deliveries.test_withdrawals_as_they_come import context_of, lines
from tests.integration.landing import as_csv, grant, person, transfer

ANN, BEN = person(2), person(3)
BALANCE = {
    "account_type": "savings", "opened_date": "2020-01-01", "snapshot_date": "2025-01-31",
    "balance_cny": Decimal("10.00"), "published_at": "2025-02-01T00:00:00Z",
}  # fmt: skip


def delivered(site) -> None:
    """Ben's household and account, and a household of strangers, are numbered as Ann."""
    site.own().deliver("consent/grant/a.jsonl", lines([grant(ANN, 1), grant(BEN, 2)]))
    site.deliver("farm/land_transfer/a.csv", as_csv([transfer(BEN, n, household_no=ANN) for n in (1, 2)]))
    member = {
        "household_no": ANN, "member_id_no": BEN, "member_name": "", "relation": "head", "village_code": "500102001201",
        "valid_from_date": "2020-01-01", "valid_to_date": "", "published_at": "2025-01-11T00:00:00Z",
    }  # fmt: skip
    site.deliver("farm/household_membership/a.csv", as_csv([member, member | {"household_no": BEN}]))
    row = {"account_no": ANN, "id_no": BEN} | BALANCE
    pq.write_table(pa.Table.from_pylist([row]), site.deliver("bank/account/a.parquet", ""))
    for source in ("consent", "farm", "bank"):
        site.take_in(source)


def keys_of(context) -> set[str]:
    return {token_of(each, context.vault.secrets.pseudonym) for each in (ANN, BEN)}


def test_tokens_of_numbers_are_no_keys_of_persons_and_the_same_in_every_table(site):
    delivered(site)
    context = context_of(site)
    homes = {*site.silver("farm__land_transfer", "household_no")}
    assert len(homes) == 1
    assert homes < {*site.silver("farm__household_membership", "household_no")}
    assert homes == {*site.silver("bank__account", "account_no")}
    assert not homes & keys_of(context)
    corrected = token_of(ANN, pseudonym.numbers_key(context.vault))
    assert homes == {corrected}


def test_she_whose_number_is_that_of_anothers_household_is_erased_and_that_is_proved(site):
    delivered(site)
    erased = site.run("erase", "--subject", "-", "--execute", "--operator", "Olga", stdin=f"{ANN}\n")
    assert (erased.code, "certificate" in erased.out) == (0, True), erased.text
    assert len(site.silver("farm__land_transfer")) == 2


@pytest.mark.further
def test_a_lake_of_before_goes_on_with_its_tokens(site):
    site.own()
    context = context_of(site)
    check_value = _check_value(context)
    path = context.lake.path(pseudonym.CHECK)
    shutil.rmtree(path)
    known = pa.table({"check_value": [check_value], "since": pa.array([datetime.now(UTC)], pa.timestamp("us", "UTC"))})
    write_deltalake(str(path), known, configuration=log.WITHOUT_STATISTICS)
    delivered(site)
    context = context_of(site)
    assert pseudonym.numbers_key(context.vault) == context.vault.secrets.pseudonym
    assert {*site.silver("farm__household_membership", "household_no")} == keys_of(context)
    assert DeltaTable(str(path)).to_pyarrow_table().num_rows == 1


@pytest.mark.further
def test_a_lake_without_a_check_value_that_holds_rows_is_one_of_before(site):
    delivered(site)
    shutil.rmtree(context_of(site).lake.path(pseudonym.CHECK))
    context = context_of(site)
    assert pseudonym.numbers_key(context.vault) == context.vault.secrets.pseudonym


def _check_value(context) -> str:
    assert context.vault.secrets  # which notes it
    (known,) = context.lake.records(pseudonym.CHECK)
    assert known["numbers_under"] == "numbers"
    return known["check_value"]
