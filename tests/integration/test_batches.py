"""Batches that were refused: consents that end meanwhile, identities, and rows that refer to them."""

import shutil
from dataclasses import replace

import pytest

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from jobs import erase
from lake import raw_access, refusals
from lake.batch import Part
from pipeline import refine
from pipeline.ingest import run as ingest
from pipeline.partners.inspection import inspect_all
from pipeline.quarantine.releasing import release
from pipeline.quarantine.row_choice import Selection
from pipeline.resolution import set_aside
from pipeline.sources import scores
from tests.integration.holding import ANN, BEN, CAT, application, folder_context, key_of
from tests.integration.landing import HOUSEHOLD, as_csv, contract_numbers, grant, transfer, write_jsonl

TABLE = "farm__land_transfer"
BY = ("Ruth", "the partner told us")


@pytest.fixture(scope="module")
def unread(tmp_path_factory, spark):
    """A folder in which Ann and Ben have consented, and half of the rows of their land can't be read.

    Ben has another row, refined.
    """
    folder = tmp_path_factory.mktemp("refused")
    context = folder_context(folder)
    landing = context.workspace.settings.landing
    write_jsonl(landing / "consent/grant/a.jsonl", [grant(ANN, 1), grant(BEN, 2)])
    for job in (ingest, refine):
        job.run(context, "consent")
    send(context, "a", [transfer(BEN, 1)])
    rows = [transfer(ANN if n % 2 else BEN, n, area_mu="many" if n < 14 else "2") for n in range(10, 18)]
    with pytest.raises(FieldstoneError, match=r"share of failing rows 50\.0%"):
        send(context, "b", rows)
    return folder


@pytest.fixture
def place(unread, tmp_path):
    """One's own copy of it."""
    shutil.copytree(unread, tmp_path, dirs_exist_ok=True)
    return folder_context(tmp_path)


def send(context, name: str, rows: list[dict], table: str = TABLE) -> None:
    """Ingest and refine a file."""
    contract = context.workspace.contract(table)
    path = context.workspace.settings.landing / contract.source / contract.asset / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_csv(rows))
    ingest.ingest(context, context.workspace.source(contract.source), contract)
    refine.refine_waiting(context, contract)


def refused(context, table: str = TABLE) -> str:
    """The batch that stands refused."""
    (batch_id,) = refusals.standing(context.lake, table)
    return batch_id


def assessed(context, table: str) -> list:
    return context.lake.read(f"silver_{table}", purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of).collect()


def silver(context) -> list[str]:
    tokens = (row["contract_no"] for row in assessed(context, TABLE))
    return [number[-2:] for number in contract_numbers(context, tokens)]


def withdraw(context, number: int, subject: str) -> None:
    notice = {"consent_no": f"G{number:010d}", "subject_id_no": subject, "withdrawn_at": "2025-12-01T00:00:00Z"}
    path = context.workspace.settings.landing / "consent/withdrawal/w.jsonl"
    write_jsonl(path, [notice | {"published_at": "2025-12-01T01:00:00Z"}])
    for job in (ingest, refine):
        job.run(context, "consent")


def test_whoever_withdrew_meanwhile_stays_out_when_the_batch_is_accepted(place):
    withdraw(place, 2, BEN)
    set_aside.accept(place, refused(place), *BY)
    assert silver(place) == ["15", "17"]
    assert set(raw_access.subjects(place.lake, f"quarantine_{TABLE}")) == {key_of(place, ANN)}


def test_an_erasure_reaches_a_batch_that_stands_refused(place):
    batch, ben = refused(place), key_of(place, BEN)
    withdraw(place, 2, BEN)
    erase.run(place, None, due=True, execute=True, operator="Olga")
    assert ben not in raw_access.subjects(place.lake, f"bronze_{TABLE}")
    with pytest.raises(FieldstoneError, match="2 of 4 rows failed"):
        set_aside.retry(place, batch, *BY)
    set_aside.accept(place, batch, *BY)
    assert silver(place) == ["15", "17"]


def test_a_dropped_batch_takes_its_identities_and_its_key_with_it_and_no_others(place):
    lake, table = place.lake, "housing__rural_house"
    send(place, "a", [house(BEN, 1)], table)
    with pytest.raises(FieldstoneError, match=r"share of failing rows 100\.0%"):
        send(place, "b", [house(each, n, floor_area_m2="many") for n, each in enumerate((ANN, BEN), 2)], table)
    batch = refused(place, table)
    kept = identified(lake) - {batch}
    assert identified(lake) > kept > set()
    set_aside.drop(place, batch, *BY)
    assert identified(lake) == kept
    assert lake.records("vault__keys", key_id=batch) == []
    assert raw_access.subjects(lake, f"bronze_{table}") == {key_of(place, BEN)}
    entry = place.trail.entries()[-1]
    assert (entry.actor, entry.action) == ("Ruth", "batches drop")
    assert '"bronze_housing__rural_house": 2' in entry.details
    assert place.trail.verify() == []
    send(place, "c", [house(ANN, 4)], table)  # life goes on
    assert lake.count(f"silver_{table}") == 2


def identified(lake) -> set[str]:
    """Batches that the vault holds identities of."""
    return {row["_batch_id"] for row in lake.records("vault__identities")}


def house(subject: str, number: int, **changes) -> dict:
    """A house, as it was published on a day."""
    return {
        "house_unit_no": "500102103202JC00010F00010001",
        "household_no": HOUSEHOLD,
        "holder_id_no": subject,
        "address": "No. 1, Example Village",
        "structure": "brick_timber",
        "floor_area_m2": f"{90 + number}",
        "homestead_area_m2": "120",
        "floors": "1",
        "built_year": "2003",
        "has_certificate": "true",
        "is_dangerous": "false",
        "registered_date": "2011-12-13",
        "published_at": f"2024-09-{number:02d}T00:00:00Z",
    } | changes


@pytest.mark.further
def test_a_batch_is_scored_once_whatever_became_of_it(place, capsys):
    contract, batch = place.workspace.contract(TABLE), refused(place)
    inspect_all(place, "farm")
    assert "refused" in capsys.readouterr().out
    assert [score.is_refused for score in scores.of_table(place, contract)] == [False, True]
    set_aside.accept(place, batch, *BY)
    assert [score.is_refused for score in scores.of_table(place, contract)] == [False, False]


@pytest.mark.further
def test_a_drop_keeps_the_score_of_what_was_sent(place):
    contract, batch = place.workspace.contract(TABLE), refused(place)
    set_aside.drop(place, batch, *BY)
    assert [score.is_refused for score in scores.of_table(place, contract)] == [False, True]


@pytest.mark.further
def test_rows_that_refer_to_a_refused_batch_wait_as_orphans_until_it_is_accepted(context, spark):
    """Applications of three, two of which can't be read; loans refer to them."""
    rows = [application(each, "2025-03-01T00:00:00Z") for each in (ANN, BEN, CAT)]
    rows[0] |= {"requested_cny": "a lot"}
    path = context.workspace.settings.landing / "bank/application/a.jsonl"
    write_jsonl(path, rows)
    contract = context.workspace.contract("bank__application")
    ingest.ingest(context, context.workspace.source("bank"), contract)
    with pytest.raises(FieldstoneError, match=r"rows of bank__loan that refer to it fail as ORPHAN_KEY; afterwards"):
        refine.refine_waiting(context, contract)
    lenient = context.workspace.contract("bank__loan").model_copy(update={"max_failure_share": 1.0})
    workspace = replace(context.workspace, contracts=context.workspace.contracts | {"bank__loan": lenient})
    lending = replace(context, workspace=workspace)
    loans = [
        {
            "loan_no": f"L{n:010d}",
            "application_no": row["application_no"],
            "id_no": row["id_no"],
            "product_code": "farm_credit",
            "principal_cny": "20000",
            "annual_rate": "0.055",
            "term_months": "12",
            "disbursed_date": "2025-03-05",
            "published_at": "2025-03-06T00:00:00Z",
        }
        for n, row in enumerate(rows)
    ]
    send(lending, "a", loans, "bank__loan")
    assert assessed(lending, "bank__loan") == []
    set_aside.accept(lending, refused(context, "bank__application"), *BY)
    release(lending, "bank__loan", Selection("ORPHAN_KEY"), *BY, waive=[], corrections=None)
    assert sorted(row["loan_no"] for row in assessed(lending, "bank__loan")) == ["L0000000001", "L0000000002"]


@pytest.mark.further
def test_a_file_that_ingest_refused_is_tried_again_when_it_is_there_and_can_not_be_accepted(context, spark):
    lake, sha256 = context.lake, "ab" * 32
    batch = refusals.file_batch_id(TABLE, sha256)
    part = Part("a.csv", sha256, 3)
    entry = {"batch_id": batch, "source_table": TABLE, "stage": "ingest", "parts": [part]}
    refusals.note(lake, **entry, reason="no header", at=context.as_of)
    with pytest.raises(
        FieldstoneError, match="was refused at ingest, so there are no rows to accept; have the partner"
    ):
        set_aside.accept(context, batch, *BY)
    send(context, "other", [transfer(ANN)])
    for _ in range(2):
        with pytest.raises(FieldstoneError, match="its file isn't in the landing zone; have the partner deliver it"):
            set_aside.retry(context, batch, *BY)
    set_aside.drop(context, batch, *BY)
    assert refusals.seen(lake, TABLE) == {sha256}
    assert [e.action for e in context.trail.entries()] == ["batches retry", "batches drop"]
