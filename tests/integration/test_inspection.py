"""Batches of one partner, good and then worse: each is scored once, alerts are raised once, and the page tells it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from deltalake import DeltaTable

from conf.schema.errors import FieldstoneError
from conf.schema.workspace import load
from lake import batch_scores, refusals
from pipeline import refine
from pipeline.context import Context
from pipeline.decisions.decide import DECISIONS
from pipeline.features import declarations
from pipeline.features.build import SCORING, TRAINING
from pipeline.ingest import run as ingest
from pipeline.overview import start_page
from pipeline.partners import concentration
from pipeline.partners.inspection import inspect_all
from pipeline.resolution import set_aside
from pipeline.sources import outages, scores, suspension
from tests.conftest import AS_OF
from tests.integration.landing import as_csv, grant, person, transfer, write_jsonl

TABLE, ROWS = "farm__land_transfer", 40
ANN = person(1)
STATE = ["audit__quality", "audit__alerts"]


def at(context: Context, day: int) -> Context:
    """The same place some days later."""
    return Context(context.workspace, AS_OF + timedelta(days=day))


def send(context: Context, number: int, published: datetime, change=lambda place, row: row) -> None:
    """A partner's file of forty transfers, which is ingested and refined."""
    rows = [
        change(place, transfer(ANN, 100 * number + place, published_at=published.isoformat())) for place in range(ROWS)
    ]
    path = context.workspace.settings.landing / f"{TABLE.replace('__', '/')}/{number}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_csv(rows))
    contract = context.workspace.contract(TABLE)
    ingest.ingest(context, context.workspace.source("farm"), contract)
    refine.refine_waiting(context, contract)


def bad(place: int, row: dict) -> dict:
    return row | {"area_mu": "many"} if place < 6 else row


def drifted(place: int, row: dict) -> dict:
    return row | {"area_mu": "300", "colour": "green"}


@pytest.fixture(scope="module")
def place(tmp_path_factory, spark) -> Context:
    """Five batches, a month apart: history, good, bad, late, drifted."""
    folder, loaded = tmp_path_factory.mktemp("inspected"), load()
    settings = loaded.settings.model_copy(
        update={"home": folder / "state", "landing": folder / "landing", "as_of": AS_OF}
    )
    rules = loaded.inspection.model_copy(update={"min_rows": 30})
    context = Context(replace(loaded, settings=settings, inspection=rules), AS_OF)
    write_jsonl(settings.landing / "consent/grant/a.jsonl", [grant(ANN)])
    for job in (ingest, refine):
        job.run(context, "consent")
    send(context, 1, datetime(2024, 3, 1, tzinfo=UTC))
    changes = {2: {}, 3: {"change": bad}, 4: {"published": AS_OF - timedelta(days=30)}, 5: {"change": drifted}}
    for number, change in changes.items():
        now = at(context, 30 * (number - 1))
        send(now, number, **{"published": now.as_of - timedelta(days=2)} | change)
    return at(context, 120)


def of(context: Context) -> list:
    return scores.of_table(context, context.workspace.contract(TABLE))


def codes(context: Context) -> list[tuple[str, str]]:
    """(code, batch by its place) of all alerts on the table."""
    places = {batch.batch_id: number for number, batch in enumerate(of(context), 1)}
    alerts = [a for a in batch_scores.alerts(context.lake, "farm") if a["source_table"] == TABLE]
    return sorted((places[a["batch_id"]], a["code"], a["severity"]) for a in alerts)


def versions(context: Context) -> dict[str, int]:
    return context.lake.versions(STATE)


def test_scores_move_with_what_is_wrong(place):
    history, good, faulty, late, moved = of(place)
    assert (history.score, good.score) == (100, 100)
    assert (history.timeliness, good.timeliness) == (None, 1)
    assert faulty.validity == pytest.approx(1 - 6 / ROWS)
    assert faulty.score == pytest.approx(100 - 30 * 6 / ROWS)
    assert (late.late_rows, late.timeliness, late.validity) == (ROWS, 0, 1)
    assert late.score == pytest.approx(80)
    assert next(iter(moved.psi)) == "area_mu"
    assert moved.psi["area_mu"] > 0.25
    assert moved.stability < faulty.stability == good.stability == 1
    assert moved.changed_columns == ("+colour",)


def test_alerts_are_raised_once_for_their_cause(place, capsys):
    inspect_all(place, "farm")
    assert codes(place) == [
        (3, "low_score", "watch"),
        (3, "rising_failures", "watch"),
        (4, "falling_score", "watch"),
        (4, "late", "watch"),
        (4, "low_score", "act"),
        (5, "distribution_drift", "act"),
        (5, "low_score", "watch"),
        (5, "schema_drift", "watch"),
    ]
    output = capsys.readouterr().out
    assert "partner farm: act: distribution_drift farm__land_transfer" in output
    assert "suspension proposed (fieldstone partner suspend farm)" in output
    before, page = versions(place), _page(place).read_bytes()
    inspect_all(place, "farm")
    assert "0 new alerts" in capsys.readouterr().out
    assert versions(place) == before
    assert _page(place).read_bytes() == page


def _page(context: Context):
    return context.workspace.settings.home / "reports/partners/farm.html"


def test_the_page_tells_it_and_loads_nothing(place):
    inspect_all(place, "farm")
    page = _page(place).read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "https:" not in page
    for text in (
        "VR-2025-026",
        "Vendor risk office",
        "distribution moved: area_mu",
        "columns changed: +colour",
        "BAD_TYPE",
    ):
        assert text in page
    assert ANN not in page
    assert 'href="partners/farm.html"' in start_page.write(place).read_text(encoding="utf-8")


def test_concentration_counts_what_rests_on_the_partner(place):
    """Of three decisions two have a feature of farm data; one whose consent isn't there any more doesn't count."""
    lake, columns = place.lake, declarations.feature_set(place.workspace).columns
    farm, house = (next(c.name for c in columns if c.tables == [t]) for t in (TABLE, "housing__rural_house"))
    consents, gone = ["G0000000001"], ["G0000000009"]
    [ann] = DeltaTable(str(lake.path("silver_consent__grant"))).to_pyarrow_table()["subject_key"].to_pylist()
    values = [
        ("A1", consents, 1.0, None),
        ("A2", consents, 0.0, 2.0),
        ("A3", consents, None, None),
        ("A4", gone, 1.0, 1.0),
    ]
    rows = [(name, ann, *rest) for name, *rest in values]
    whose = "application_id string, subject_key string, consent_ids array<string>"
    schema = f"{whose}, {farm} double, {house} double"
    for table in (SCORING, TRAINING):
        lake.append_gold(table, lake.spark.createDataFrame(rows, schema))
    made = [(*row[:3], Decimal(limit)) for row, limit in zip(rows, (3000, 1000, 4000, 9000), strict=True)]
    decided = lake.spark.createDataFrame(made, f"{whose}, limit_amount decimal(12,2)")
    lake.append_gold(DECISIONS, decided)
    shares = {source: concentration.shares(place, source) for source in ("farm", "housing")}
    assert [(s.resting, s.of) for s in shares["farm"]] == [(2, 3), (4000, 8000), (2, 3)]
    assert [(s.resting, s.of) for s in shares["housing"]] == [(1, 3), (1000, 8000), (1, 3)]
    inspect_all(place, "farm")
    assert "66.7% (2/3)" in _page(place).read_text(encoding="utf-8")


def test_what_was_scored_holds_no_bin_with_few_rows(place):
    counts = [n for batch in of(place) for each in batch.histograms for n in each.counts]
    assert counts
    assert all(n == 0 or n >= place.workspace.inspection.min_cell for n in counts)


def test_a_refine_that_was_killed_before_its_ledger_entry_leaves_one_score(place):
    lake, contract, before = place.lake, place.workspace.contract(TABLE), of(place)
    ledger = DeltaTable(str(lake.path("audit__batches")))
    for batch in before[-2:]:
        ledger.delete(f"stage = 'refine' AND batch_id = '{batch.batch_id}'")
    refine.refine_waiting(place, contract)
    assert of(place) == before


@pytest.mark.further
def test_an_inspection_that_was_killed_before_its_page_ends_the_same(place):
    inspect_all(place, "farm")
    page = _page(place).read_bytes()
    alerts = DeltaTable(str(place.lake.path("audit__alerts")))
    alerts.delete("code = 'schema_drift' OR code = 'late'")
    _page(place).unlink()
    inspect_all(place, "farm")
    assert _page(place).read_bytes() == page


@pytest.mark.further
def test_a_batch_that_is_refused_is_scored_once_however_often_it_is_tried(context, spark):
    write_jsonl(context.workspace.settings.landing / "consent/grant/a.jsonl", [grant(ANN)])
    for job in (ingest, refine):
        job.run(context, "consent")
    with pytest.raises(FieldstoneError, match="over max_failure_share 20%"):
        send(context, 1, AS_OF - timedelta(days=2), lambda n, row: row | {"area_mu": "many"} if n < 20 else row)
    refine.run(context, "farm")  # it stands aside and isn't judged again
    (refused,) = refusals.standing(context.lake, TABLE)
    with pytest.raises(FieldstoneError, match="over max_failure_share 20%"):
        set_aside.retry(context, refused, "Ruth", "once more")
    (batch,) = of(context)
    assert (batch.is_refused, batch.validity) == (True, 0.5)
    inspect_all(context, None)
    assert (1, "refused", "act") in codes(context)


def test_a_source_without_an_admission_record_is_pulled_and_told_of(workspace, capsys):
    context = Context(replace(workspace, partners={}), AS_OF)
    inspect_all(context, "farm")
    assert "partner farm: act: not_admitted: has no admission record; it is due in conf/partners/farm.yaml" in (
        capsys.readouterr().out
    )


def test_a_partner_that_has_left_is_not_inspected(context, capsys):
    context.trail.record("an officer", "exit", source="farm", why="its agreement has ended")
    inspect_all(context, "farm")
    assert "partner farm: has left, so there is nothing to inspect" in capsys.readouterr().out
    assert not _page(context).exists()


def test_a_suspended_partner_is_not_proposed_again(place, capsys):
    suspension.suspend(place, "farm", ["a risk officer", "a data officer"], "their numbers can't be right")
    capsys.readouterr()
    inspect_all(place, "farm")
    assert "suspension proposed" not in capsys.readouterr().out
    assert "Suspended" in _page(place).read_text(encoding="utf-8")


def test_without_rules_nobody_is_inspected(workspace):
    with pytest.raises(
        FieldstoneError, match=r"no rules for inspecting partners; write them in its conf/inspection\.yaml"
    ):
        inspect_all(Context(replace(workspace, inspection=None), AS_OF), None)


def test_a_source_that_could_not_be_taken_in_is_told_of_once_an_outage_and_no_suspension_is_proposed(context, capsys):
    outages.note(context, "farm", is_whole=False)
    for _ in range(2):
        inspect_all(context, "farm")
    output = capsys.readouterr().out
    assert (
        output.count("act: not_taken_in: failed, last taken in: never; its log tells why (fieldstone ingest farm)") == 1
    )
    assert "suspension proposed" not in output
    outages.note(context, "farm", is_whole=True)
    inspect_all(context, "farm")
    (alert,) = [a for a in batch_scores.alerts(context.lake, "farm") if "failed" in a["en"]]
    assert alert["severity"] == "act"
