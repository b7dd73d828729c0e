"""`fieldstone audit show`: what is asked for, for people and for machines; and nobody forges a line."""

import json
import os
import pwd
import socket

import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.person_names import a_name, in_words
from conf.schema.settings import read
from jobs import audit
from jobs.command.documents import document
from jobs.command.parser import parser
from lake.audit import hashed
from pipeline.sources import suspension
from pipeline.trail import policy_in_use, query

KEY = "ab" * 32
ME = pwd.getpwuid(os.getuid()).pw_name
FORGED = "Olga\n    2  2026-01-01  Rita  approve"


@pytest.fixture
def place(context):
    """A trail of five, of three people."""
    trail = context.trail
    trail.record("Olga", "approve", model="admission", version="3")
    trail.record("Olga", "subject show", subjects=[hashed(KEY)], why=f"asked\n{FORGED}\u2028\u202e\x1b[2J")
    trail.record("Rita, Ruth", "partner-suspend", source="farm", why="late")
    trail.record("Rita", "retire", model="limit", version="3", why="[bold]old[/bold] :smile:")
    seals = [{"seal": "no need", "table": "silver_x__y", "rows": 0, "sha256": ""}]
    trail.record("Rita", "erase begin", reference="E-1", rows={"gold__decisions": 2}, seals=seals)
    return context


def shown(context, *arguments: str) -> list[dict]:
    parsed = parser().parse_args(["audit", "show", "--json", *arguments])
    return json.loads(document(audit.show(context, parsed.chosen, parsed.as_json)))


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ([], [1, 2, 3, 4, 5]),
        (["--action", "approve"], [1]),
        (["--who", "Rita"], [3, 4, 5]),
        (["--who", ME], [1, 2, 3, 4, 5]),
        (["--who", "nobody"], []),
        (["--about", "admission"], [1]),
        (["--about", "3"], [1, 4]),
        (["--about", KEY], [2]),
        (["--about", "admission:3"], [1]),
        (["--about", "limit:3"], [4]),
        (["--about", "limit:3", "--action", "approve"], []),
        (["--about", "limit:4"], []),
        (["--about", "None:None"], []),
        (["--about", "gold__decisions", "--who", "Rita"], []),
        (["--since", "2099-01-01"], []),
        (["--until", "2099-01-01", "--action", "retire"], [4]),
        (["--until", "2001-01-01T00:00:00Z"], []),
    ],
)
def test_what_is_asked_for_is_shown(place, options, numbers):
    assert [entry["number"] for entry in shown(place, *options)] == numbers


def test_machines_get_each_entry_with_who_did_it_on_which_system(place):
    entries = shown(place)
    assert {(entry["os_user"], entry["host"]) for entry in entries} == {(ME, socket.gethostname())}
    assert entries[1]["details"]["why"].startswith("asked\nOlga")
    assert set(entries[0]) == {
        "number", "at", "actor", "action", "details", "previous", "link", "os_user", "host",
        "signature",
    }  # fmt: skip


def test_who_somebody_is_to_the_system_is_no_matter_of_the_environment(context, monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "rita")
    assert context.trail.record("Rita", "look").os_user == ME


def test_people_get_a_table_in_which_no_entry_forges_another(place, capsys):
    parsed = parser().parse_args(["audit", "show"])
    audit.show(place, parsed.chosen, parsed.as_json)
    printed = capsys.readouterr().out
    assert sum(line.startswith("│ ") and line[2:4].strip().isdigit() for line in printed.splitlines()) == 5
    assert not [character for character in "\u2028\u202e\x1b" if character in printed]
    assert "\\u001b[2J" in printed.replace("\n", "")
    assert "[bold]old[/bold] :smile:" in printed
    assert "no need" not in printed


WHY = "门槛 0.123456789 偏低 " + "很" * 300


@pytest.mark.parametrize(
    ("details", "seen"),
    [
        ({"figures": {"auc_oot": "0.7757539564", "n": 5}}, "figures (auc_oot 0.7757…, n 5)"),
        ({"files": {"record.json": "ab" * 32}}, "files (record.json abababababab…)"),
        ({"gates": [{"metric": "auc_oot", "value": "0.77"}] * 5}, "gates 5"),
        ({"tables": {"gold__a": {"version": 1, "digest": "ab" * 32}}}, "tables (gold__a)"),
        ({"added": ["li wei", "王芳"]}, "added li wei, 王芳"),
        ({"found": ["entry 3 was changed"], "no": 12, "is": True}, "found entry 3 was changed, is true, no 12"),
        ({"why": WHY}, f"why {WHY}"),
    ],
)
def test_people_get_what_is_long_in_short_but_whole_what_somebody_said_and_machines_all(context, details, seen):
    entry = context.trail.record("Olga", "look", **details)
    assert query.row(entry, "UTC")[-1] == seen
    assert query.shown(entry).details == details


@pytest.mark.parametrize(
    "name", [FORGED, "Ol\u200bga", "Olga\u202e", "a\x00b", "a\x7f", "x\u2029y", "a\ue000", "", " \t", "\u00ad-"]
)
def test_a_name_that_hides_something_is_refused_wherever_it_is_given(context, name, tmp_path):
    for refused in (lambda: a_name(name), lambda: context.trail.record(name, "look")):
        with pytest.raises(FieldstoneError, match=r"it is blank|can't be seen"):
            refused()
    with pytest.raises(SystemExit):
        parser().parse_args(["state", "accept", f"--who={name}", "--why=drill"])
    if name.strip(" \t\0"):
        for setting in ("OPERATOR", "TRAINER"):
            with pytest.raises(FieldstoneError, match=f"{setting.lower()}: "):
                read(tmp_path / "none.yaml", {f"FIELDSTONE_{setting}": name})
    assert context.trail.entries() == []


def test_a_name_is_one_however_it_is_written(context):
    assert a_name("  Jose\u0301   Li ") == "José Li"
    assert context.trail.record("Jose\u0301", "look").actor == "José"
    assert parser().parse_args(["state", "accept", "--who=Jose\u0301", "--why=x"]).who == "José"
    with pytest.raises(FieldstoneError, match="it takes two different people"):
        suspension.suspend(context, "farm", [a_name("José Li"), a_name("Jose\u0301  Li")], "late")


def test_why_may_hold_what_a_script_needs_and_no_line_break():
    assert in_words("می\u200cخواهم") == "می\u200cخواهم"
    with pytest.raises(FieldstoneError, match=r"can't be seen \(U\+000A\), such as line breaks; write it on one line"):
        in_words("late\nagain")


def test_a_policy_is_told_when_it_comes_into_use_and_when_it_changes(context):
    first = policy_in_use.noted_sha256(context)
    assert policy_in_use.noted_sha256(context) == first
    looser = context.workspace.policy.model_copy(update={"max_dti": 0.9})
    changed = type(context)(type(context.workspace)(**vars(context.workspace) | {"policy": looser}), context.as_of)
    assert policy_in_use.noted_sha256(changed) != first
    entries = [json.loads(entry.details) for entry in context.trail.entries() if entry.action == "policy in use"]
    assert [entry["policy"]["max_dti"] for entry in entries] == [context.workspace.policy.max_dti, 0.9]
    assert entries[0]["sha256"] == first


LONG = {
    "Chinese": "合格，同意启用；与上一版本相比无差异，门槛已说明，经2026年11月26日会议讨论一致通过，特此批准并记录在案"
    * 2,
    "Japanese": "前回の版と比べて差はなく、閾値も確認した。" * 9,
    "one word": "x" * 400 + "end",
    "both": "agreed 同意启用" * 30,
    "a link": "https://bank.example/minutes/" + "2026-11-26-" * 30,
    "Thai": "ไม่มีความแตกต่างจากเวอร์ชันก่อนหน้า" * 9,
}


@pytest.mark.parametrize("script", LONG)
def test_nothing_of_a_reason_or_a_name_is_lost_in_the_table(context, capsys, script):
    context.trail.record("王芳" * 20, "approve", model="limit", version="3", why=LONG[script])
    audit.show(context, parser().parse_args(["audit", "show"]).chosen, as_json=False)
    cells = [line.split("│")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    columns = ["".join(column).replace(" ", "") for column in zip(*cells, strict=True)]
    assert LONG[script].replace(" ", "") in columns[-1]
    assert "王芳" * 20 in columns[2]
    assert "…" not in "".join(columns)


def test_that_nothing_matches_is_said(place, capsys):
    for options in (["--about", "limit:4"], ["--who", "nobody"], ["--action", "aprove"]):
        parsed = parser().parse_args(["audit", "show", *options])
        audit.show(place, parsed.chosen, parsed.as_json)
        assert capsys.readouterr().out == "audit: no entries match, of 5\n"
    assert shown(place, "--about", "limit:4") == []
