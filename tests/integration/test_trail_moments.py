"""No entry is dated before an earlier one, and nobody who may act no more acts as of a day when they might."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from conf.schema.errors import FieldstoneError
from lake import audit, entry_times, signatures
from lake.entries import Entry
from pipeline import auditing
from pipeline.people import register
from tests.integration.people_of_a_bank import with_people
from tests.integration.test_signatures import ABOUT, forge


class _Clock(datetime):
    ago = timedelta()

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) - cls.ago


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(audit, "datetime", _Clock)
    monkeypatch.setattr(_Clock, "ago", timedelta())
    return lambda **ago: monkeypatch.setattr(_Clock, "ago", timedelta(**ago))


def _look(at: datetime) -> Entry:
    return Entry(0, at, "Olga", "look", "{}", "", "", signature="sandbox")


@pytest.mark.parametrize("ago", [timedelta(minutes=6), timedelta(hours=3), timedelta(days=400)])
def test_an_act_that_is_dated_back_is_named_and_stops_what_comes_after_until_it_is_accepted(context, ago, capsys):
    context.trail.record("Olga", "look")
    forge(context, _look(datetime.now(UTC) - ago))
    with pytest.raises(FieldstoneError, match=r"entry 2 \(look by Olga\) is dated before an earlier one"):
        auditing.verify(context)
    with pytest.raises(FieldstoneError, match="Nothing was written"):
        context.trail.record("Olga", "look")
    auditing.accept(context, "Olga", "the clock of a host was wrong")
    auditing.verify(context)
    context.trail.record("Olga", "look")


def test_clocks_of_hosts_may_differ_a_little(context):
    context.trail.record("Olga", "look")
    forge(context, _look(datetime.now(UTC) - timedelta(minutes=4)))
    assert context.trail.verify() == []


def test_a_clock_that_was_ahead_once_is_told_and_does_not_stop_the_trail_for_good(context):
    forge_first = context.trail.record("Olga", "look")
    forge(context, _look(forge_first.at + timedelta(days=3000)))
    with pytest.raises(FieldstoneError, match="which is to come: the clock was wrong then or is now"):
        context.trail.record("Olga", "look")
    auditing.accept(context, "Olga", "a host without a battery")
    context.trail.record("Olga", "look")
    assert context.trail.verify() == []


def test_who_may_act_no_more_does_not_act_as_of_yesterday(bank, listed, keys, clock):
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    ended = with_people(bank, listed | {"wang.fang": listed["wang.fang"] | {"until": yesterday}}, person_key=keys)
    register.release(ended, "li", "wang.fang leaves")
    for ago in ({"days": 1}, {"days": 1, "hours": 2}, {"days": 40}):
        clock(**ago)
        with pytest.raises(FieldstoneError, match=r"wang.fang may act from .* not on"):
            ended.trail.record("wang.fang", "approve", **ABOUT)
    clock(days=0)
    assert ended.trail.verify() == []


def test_an_entry_that_is_dated_back_by_whoever_may_act_no_more_breaks_the_trail(bank, listed, keys):
    """The people's keys are here, and the entry was really signed: on the day on which it might have been."""
    was = bank.trail.record("wang.fang", "approve", **ABOUT)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    ended = with_people(bank, listed | {"wang.fang": listed["wang.fang"] | {"until": yesterday}}, person_key=keys)
    register.release(ended, "li", "wang.fang leaves")
    entries = ended.trail.stored()
    back = replace(was, number=4, at=was.at - timedelta(days=2), link="")
    known = signatures.released(entries)
    (finding,) = [text for text in signatures.findings([*entries, back]) if "entry 4" in text]
    assert "wang.fang may act from" in finding
    assert known.at.date() > date.fromisoformat(str(yesterday))


def test_whoever_accepts_begins_anew():
    now = datetime.now(UTC)
    days = [now, now + timedelta(days=9), now + timedelta(days=8), now, now - timedelta(days=1)]
    acts = ["look", "look", "look", "accept trail", "look"]
    entries = [
        Entry(n, at, "Olga", act, json.dumps({}), "", "") for n, (at, act) in enumerate(zip(days, acts, strict=True), 1)
    ]
    assert len(entry_times.findings(entries[:3])) == 2
    assert entry_times.findings(entries[:4]) == []
    assert len(entry_times.findings(entries)) == 1
