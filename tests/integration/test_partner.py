"""A partner is suspended by two people: nothing is pulled, and decisions rest on its last data or go to a person.

Nothing is pulled outside its agreement either, whatever anybody says.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.policy import Suspension
from lake import refusals, stops
from lake.refusals import Action
from pipeline import refine
from pipeline.context import Context
from pipeline.ingest import run as ingest
from pipeline.sources import outages, suspension
from tests.integration.landing import as_csv, grant, person, transfer, write_jsonl

TWO = ["a risk officer", "a data officer"]


@pytest.fixture
def received(context, spark) -> Context:
    """Consents have come in."""
    landing = context.workspace.settings.landing
    write_jsonl(landing / "consent/grant/g.jsonl", [grant(person(1))])
    ingest.run(context, "consent")
    write_jsonl(landing / "consent/grant/h.jsonl", [grant(person(2), 2)])
    return context


def test_nothing_is_pulled_until_two_people_resume_it(received, capsys):
    suspension.suspend(received, "consent", TWO, "their certificate has leaked")
    assert ingest.run(received, "consent") == []
    assert "consent is suspended, so nothing is pulled (fieldstone partner resume consent)" in capsys.readouterr().out
    assert len(received.lake.batches("consent__grant", "ingest")) == 1
    suspension.resume(received, "consent", TWO, "a new certificate")
    ingest.run(received, "consent")
    assert len(received.lake.batches("consent__grant", "ingest")) == 2


def test_one_person_is_not_enough_whatever_they_say(context):
    with pytest.raises(FieldstoneError, match="approved by a risk officer alone; it takes two different people"):
        suspension.suspend(context, "farm", TWO[:1] * 2, "why not")
    assert stops.suspended(context.lake) == set()


@pytest.mark.further
def test_what_holds_already_is_refused(context):
    with pytest.raises(FieldstoneError, match="farm is not suspended already"):
        suspension.resume(context, "farm", TWO, "no reason")
    suspension.suspend(context, "farm", TWO, "late for a month")
    with pytest.raises(FieldstoneError, match="farm is suspended already"):
        suspension.suspend(context, "farm", TWO, "again")
    assert stops.suspended(context.lake) == {"farm"}


def test_an_unknown_source_is_refused(context):
    with pytest.raises(FieldstoneError, match="nobody"):
        suspension.suspend(context, "nobody", TWO, "no reason")


def test_both_names_and_the_reason_are_in_the_audit_trail(context):
    suspension.suspend(context, "farm", TWO, "late for a month")
    (entry,) = context.trail.entries()
    assert (entry.actor, entry.action) == ("a data officer, a risk officer", "partner-suspend")
    details = json.loads(entry.details)
    assert (details["source"], details["why"]) == ("farm", "late for a month")
    assert context.trail.verify() == []


def land(context: Context) -> None:
    path = context.workspace.settings.landing / "farm/land_transfer/a.csv"
    path.parent.mkdir(parents=True)
    path.write_text(as_csv([transfer(person(1))]))


@pytest.mark.parametrize(
    ("rule", "days", "is_stale"),
    [
        (None, 0, True),
        (Suspension(decisions="use_last_known", max_age_days=30), 30, False),
        (Suspension(decisions="use_last_known", max_age_days=30), 31, True),
    ],
)
def test_decisions_rest_on_the_last_data_only_as_the_policy_says(received, rule, days, is_stale):
    suspension.suspend(received, "consent", TWO, "an inspection")
    rules = received.workspace.policy.model_copy(update={"when_suspended": {"consent": rule} if rule else {}})
    later = Context(replace(received.workspace, policy=rules), received.as_of + timedelta(days=days))
    assert ("consent" in suspension.too_old(later)) == is_stale


@pytest.mark.further
def test_last_data_that_never_came_can_not_be_used(context):
    suspension.suspend(context, "housing", TWO, "an inspection")
    assert context.workspace.policy.when_suspended["housing"].decisions == "use_last_known"
    assert "housing" in suspension.too_old(context)


@pytest.mark.further
def test_a_source_that_failed_or_is_late_is_out_as_a_suspended_one_is(received):
    assert outages.out(received) == dict.fromkeys(["bank", "farm", "housing"], "never came")
    path = received.workspace.settings.landing / "consent/grant/i.jsonl"
    for name in ("g", "h"):
        path.with_name(f"{name}.jsonl").unlink()
    for _ in range(2):
        with pytest.raises(FieldstoneError, match="no file for consent/grant"):
            ingest.run(received, "consent")
    assert outages.out(received)["consent"] == "failed"
    assert "consent" in suspension.too_old(received)
    write_jsonl(path, [grant(person(3), 3)])
    ingest.run(received, "consent")
    assert "consent" not in outages.out(received)
    agreed = received.workspace.partners["consent"].delivery.every_days
    later = Context(received.workspace, received.as_of + timedelta(days=agreed, seconds=1))
    assert outages.out(later)["consent"] == "late"


def test_nothing_that_rests_on_consent_is_taken_in_while_the_register_is_out(received):
    """What came of the register waits to be refined, a file of it was refused, or it failed."""
    refine.run(received, "consent")
    land(received)
    ingest.run(received, "consent")
    with pytest.raises(FieldstoneError, match=r"a batch of consent__grant waits \(fieldstone refine consent\)"):
        ingest.run(received, "farm")
    refine.run(received, "consent")
    name = {"batch_id": "f1", "source_table": "consent__withdrawal", "stage": "ingest", "parts": []}
    refusals.note(received.lake, **name, reason="no header", at=received.as_of)
    with pytest.raises(FieldstoneError, match="a file of consent__withdrawal stands refused"):
        ingest.run(received, "farm")
    refusals.settle(
        received.lake, refusals.latest(received.lake)["f1"], Action.DROP, who="Ruth", why="a twin", at=received.as_of
    )
    outages.note(received, "consent", is_whole=False)
    with pytest.raises(FieldstoneError, match=r"consent could not be taken in \(fieldstone ingest consent\)"):
        ingest.run(received, "farm")
    assert not received.lake.exists("bronze_farm__land_transfer")
    outages.note(received, "consent", is_whole=True)
    with pytest.raises(FieldstoneError, match="no file for farm/planting"):
        ingest.run(received, "farm")  # the others are tried all the same
    assert received.lake.count("bronze_farm__land_transfer") == 1


@pytest.mark.parametrize(
    ("day", "says"), [((2022, 12, 31), "begins on 2023-01-01"), ((2028, 1, 1), "ended on 2027-12-31")]
)
def test_nothing_is_pulled_outside_the_agreement(workspace, day, says):
    context = Context(workspace, datetime(*day, tzinfo=UTC))
    with pytest.raises(FieldstoneError, match=f"the agreement FRB-2022-118 with farm {says}, so nothing is pulled"):
        ingest.run(context, "farm")
    assert not [table for table in context.lake.tables() if table.startswith(("bronze", "quarantine", "audit__asked"))]
