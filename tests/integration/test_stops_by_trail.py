"""Whether a source is suspended or has left is the trail's to say, whatever becomes of the rows in the tables."""

import json
from datetime import UTC, datetime

import pytest
from deltalake import DeltaTable

from conf.schema.errors import FieldstoneError
from lake import stops
from lake.entries import Entry
from lake.tables import Lake
from pipeline import auditing, sealing
from pipeline.decisions import kill_switch
from pipeline.ingest import run as ingest
from pipeline.sources import suspension
from tests.integration.landing import grant, person, write_jsonl
from tests.integration.test_signatures import forge

TWO = ["Olga", "Rita"]


def table(context, name):
    return DeltaTable(str(context.lake.path(name)))


def suspended(context):
    suspension.suspend(context, "consent", TWO, "their certificate has leaked")


def left(context):
    record = {"source": "consent", "closed_at": datetime.now(UTC), "operator": "Olga", "why": "it is over"}
    kept = sealing.appended(context, "audit__closed", record)
    context.trail.record("Olga", "exit", source="consent", why="it is over", seals=[kept])
    context.lake.append_records("audit__closed", [record])


@pytest.mark.parametrize(
    ("stop", "name", "attack"),
    [
        (suspended, "audit__suspensions", lambda rows: rows.delete("source = 'consent'")),
        (suspended, "audit__suspensions", lambda rows: rows.delete()),
        (suspended, "audit__suspensions", lambda rows: rows.update(updates={"is_suspended": "false"})),
        (suspended, "audit__suspensions", lambda rows: rows.update(updates={"source": "'farm'"})),
        (left, "audit__closed", lambda rows: rows.delete()),
        (left, "audit__closed", lambda rows: rows.update(updates={"source": "'farm'"})),
    ],
)
def test_a_row_that_is_deleted_or_changed_in_its_table_lets_nothing_go_on(context, stop, name, attack):
    stop(context)
    attack(table(context, name))
    write_jsonl(context.workspace.settings.landing / "consent/grant/g.jsonl", [grant(person(1))])
    assert ingest.run(context, "consent") == []
    assert (stops.closed(context.lake) or stops.suspended(context.lake)) == {"consent"}
    with pytest.raises(FieldstoneError, match=name):
        auditing.verify(context)


def test_a_row_that_nobody_wrote_stops_nothing_and_is_told(context):
    row = {"source": "farm", "is_suspended": True, "at": datetime.now(UTC), "approvers": TWO, "why": "x"}
    context.trail.record("Olga", "look")
    context.lake.append_records("audit__suspensions", [row])
    assert stops.suspended(context.lake) == set()
    with pytest.raises(FieldstoneError, match=r"audit__suspensions: the row with source farm.* added by nobody"):
        auditing.verify(context)


@pytest.mark.further
def test_a_suspension_that_was_killed_before_its_row_holds_and_is_made_good_by_saying_it_again(context, monkeypatch):
    def until(lake, name, rows):
        if name == "audit__suspensions":
            raise KeyboardInterrupt
        append(lake, name, rows)

    append = Lake.append_records
    with monkeypatch.context() as killed:
        killed.setattr(Lake, "append_records", until)
        with pytest.raises(KeyboardInterrupt):
            suspended(context)
    assert stops.suspended(context.lake) == {"consent"}
    suspended(context)
    auditing.verify(context)
    with pytest.raises(FieldstoneError, match="suspended already"):
        suspended(context)


@pytest.mark.parametrize("actor", ["zhao", "amin"])
def test_who_resumes_a_source_alone_by_their_own_client_resumes_nothing(bank, actor):
    suspension.suspend(bank, "bank", ["amin", "zhao"], "late")
    with pytest.raises(FieldstoneError, match=r"partner-resume lacks .*it takes 2 people"):
        bank.trail.record(actor, "partner-resume", source="bank")
    assert stops.suspended(bank.lake) == {"bank"}


@pytest.mark.parametrize("actor", ["Olga", "Olga, OLGA", "Ｏｌｇａ, Olga"])
def test_who_lets_decisions_go_on_alone_by_their_own_client_lets_nothing_go_on(context, actor):
    kill_switch.stop(context, "Olga", "drift")
    with pytest.raises(FieldstoneError, match="it takes 2 people"):
        context.trail.record(actor, "resume decisions", why="x")
    forge(context, Entry(0, datetime.now(UTC), actor, "resume decisions", "{}", "", "", signature="sandbox"))
    assert kill_switch.stopped(context.trail.require_whole())


@pytest.mark.further
def test_an_entry_of_one_person_that_got_into_the_trail_is_named_and_resumes_nothing(context):
    suspended(context)
    details = json.dumps({"source": "consent"})
    forge(context, Entry(0, datetime.now(UTC), "Olga", "partner-resume", details, "", "", signature="sandbox"))
    assert stops.suspended(context.lake) == {"consent"}
    with pytest.raises(FieldstoneError, match=r"entry 2 \(partner-resume by Olga\) counts for nothing: it takes 2"):
        auditing.verify(context)
