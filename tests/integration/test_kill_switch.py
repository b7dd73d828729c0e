"""The kill switch: one person stops all decisions, two let them go on, and the trail alone says which it is."""

import json

import pytest
from deltalake import DeltaTable

from conf.schema.errors import FAILED, FieldstoneError
from jobs.cli import main
from lake import raw_access
from lake.erasure import DECISIONS
from pipeline.decisions import decide, kill_switch
from tests.integration.learning import county_copied

TWO = ["a reviewer", "an auditor"]


@pytest.fixture
def place(learnt, tmp_path):
    """A small county of one's own, with models in force and nothing decided yet."""
    return county_copied(learnt, tmp_path)


def test_nothing_is_decided_until_two_people_let_it_go_on(place, capsys):
    kill_switch.stop(place, "an engineer", "limits look absurd")
    assert "stopped; two people can resume them" in capsys.readouterr().out
    with pytest.raises(FieldstoneError, match=r"decisions are stopped since .* by an engineer .*decisions resume"):
        decide.run(place)
    assert not place.lake.exists(DECISIONS)
    with pytest.raises(FieldstoneError, match="approved by a reviewer alone; it takes two different people"):
        kill_switch.resume(place, TWO[:1] * 2, "why not")
    kill_switch.resume(place, TWO, "a unit was wrong, and is mended")
    decide.run(place)
    assert raw_access.count(place.lake, DECISIONS, {}) > 0
    entries = [(entry.actor, entry.action, json.loads(entry.details).get("why")) for entry in place.trail.entries()]
    assert ("an engineer", "stop decisions", "limits look absurd") in entries
    assert ("a reviewer, an auditor", "resume decisions", "a unit was wrong, and is mended") in entries


def test_what_holds_already_is_refused(place):
    with pytest.raises(FieldstoneError, match="decisions aren't stopped"):
        kill_switch.resume(place, TWO, "no reason")
    kill_switch.stop(place, "a reviewer", "drift")
    with pytest.raises(FieldstoneError, match=r"by a reviewer .* already"):
        kill_switch.stop(place, "an auditor", "drift")


def test_whoever_cuts_the_stop_off_the_trail_decides_nothing_either(place):
    kill_switch.stop(place, "a reviewer", "drift")
    last = len(place.trail.entries())
    DeltaTable(str(place.lake.path("audit__trail"))).delete(f"number = {last}")
    with pytest.raises(FieldstoneError, match="audit trail"):
        decide.run(place)


def test_the_command(place, monkeypatch, capsys):
    settings = place.workspace.settings
    for name, value in (("HOME", settings.home), ("LANDING", settings.landing), ("AS_OF", settings.as_of.isoformat())):
        monkeypatch.setenv(f"FIELDSTONE_{name}", str(value))
    assert main(["decisions", "stop", "--approver", "a reviewer", "--why", "drift"]) == 0
    assert main(["decide", "--workspace", str(place.workspace.root)]) == FAILED
    assert "decisions are stopped since" in capsys.readouterr().err
    assert main(["decisions", "resume", "--approver", TWO[0], "--approver", TWO[1], "--why", "mended"]) == 0
