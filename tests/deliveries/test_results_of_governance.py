"""`--json` of what governance and operators do: one document on standard output, with the figures of the text."""

import json
import re
from pathlib import Path

import pytest

from tests.deliveries.conftest import PROBE, Site
from tests.deliveries.test_ordinary import HEADER
from tests.deliveries.test_results import GOOD
from tests.deliveries.test_results_of_people import ALONE, BY, document
from tests.integration.landing import grant, person, write_jsonl

KEY = "ab" * 32
SUBJECT = ("--subject", KEY)
FOR = ("--purpose", "credit_assessment")


@pytest.fixture
def taken_in(site) -> Site:
    """One row is in silver."""
    site.deliver("probe/csv/a.csv", HEADER + GOOD)
    site.take_in("probe")
    return site


def table_line(*cells: str) -> str:
    """A line of a table, whatever its widths."""
    return r"│ +" + r" +│ +".join(re.escape(cell) for cell in cells)


def test_a_state_that_is_backed_up_restored_and_accepted(taken_in, tmp_path):
    shown = taken_in.run("state", "show", "--json")
    result = document(shown)
    assert f"state: {result['identity']}, generation {result['generation']:,}, {result['tables']:,} tables" in shown.err
    folder = tmp_path / "backup"
    saved = taken_in.run("backup", str(folder), "--keys", "--operator", "Olga", "--json")
    copy = document(saved)
    assert (copy["folder"], copy["has_keys"]) == (str(folder), True)
    assert f"backup: {copy['files']:,} files, {copy['bytes']:,} bytes in {folder}, keys included" in saved.err
    assert copy["files"] == len(json.loads((folder / "backup.json").read_text())["files"])
    again = Site(tmp_path / "again", taken_in.monkeypatch, taken_in.capsys)
    restored = again.run("restore", str(folder), "--json")
    put = document(restored)
    assert (Path(put["home"]), put["files"], put["erased_since"]) == (again.home, copy["files"], 0)
    assert f"restore: {put['files']:,} files of {put['taken_at']}, all as they were saved" in restored.err
    waits = again.run("state", "show", "--json")
    assert all(f"state: {each}" in waits.err for each in document(waits)["to_redo"])


@pytest.mark.further
def test_keys_that_are_rotated(taken_in, monkeypatch):
    monkeypatch.setenv("FIELDSTONE_NEW_MASTER_KEY", "cd" * 32)
    rotated = taken_in.run("vault", "rotate", "--json")
    result = document(rotated)
    assert f"vault: {sum(result['keys'].values()):,} keys wrapped again, all by {result['master_key']};" in rotated.err


def test_a_trail_that_is_verified(taken_in):
    verified = taken_in.run("audit", "verify", "--json")
    result = document(verified)
    assert f"audit: {result['entries']:,} entries, each linked to the one before" in verified.err
    assert f"audit: {result['signed']}\n" in verified.err
    assert (result["lost"], result["uncounted"]) == ([], [])
    assert result["entries"] == len(document(taken_in.run("audit", "show", "--json")))


@pytest.mark.further
def test_a_trail_whose_end_is_accepted(taken_in):
    assert taken_in.run("decisions", "stop", *ALONE).code == 0
    (taken_in.home / "audit.head").unlink()
    accepted = taken_in.run("audit", "accept", *BY, "--json")
    result = document(accepted)
    assert result["faults"]
    assert f"audit: accepted by Ruth in entry {result['entry']:,}: {'; '.join(result['faults'])}\n" in accepted.err


def test_what_may_be_used_of_a_subject(site):
    write_jsonl(site.own().landing / "consent/grant/a.jsonl", [grant(person(1), 1)])
    site.take_in("consent")
    shown = document(site.run("consent", "show", *SUBJECT, "--json"))
    output = site.run("consent", "show", *SUBJECT).out
    assert shown["is_backdated"] is False
    assert len(shown["uses"]) == len(re.findall(r"│ no +│", output))
    assert not any(use["may_be_used"] for use in shown["uses"])
    scope = shown["uses"][0]["scope"]
    refused = site.run("consent", "check", *SUBJECT, "--scope", scope, *FOR, "--json")
    assert (refused.code, refused.out) == (1, "")
    assert f"{scope} may not be used for credit_assessment: {shown['uses'][0]['why']}" in refused.err
    assert KEY not in json.dumps(shown)


def test_who_a_subject_is(taken_in):
    command = ("subject", "show", *SUBJECT, *FOR, "--why", "a complaint")
    shown, output = document(taken_in.run(*command, "--json")), taken_in.run(*command).out
    assert shown == {"purpose": "credit_assessment", "records": []}
    assert output == "subject show: 0 records of the vault may be used for credit_assessment\n"


@pytest.mark.further
def test_a_partner_that_would_leave(taken_in):
    planned = document(taken_in.run("exit", "--source", "probe", "--json"))
    output = taken_in.run("exit", "--source", "probe").out
    assert planned["certificate"] is None
    for table, outcomes in planned["rows"].items():
        for outcome, rows in outcomes.items():
            assert re.search(table_line(table, f"{rows:,}", outcome), output)
    assert planned["rows"]["silver_probe__csv"] == {"restricted": 1}


def test_people_who_are_listed_enrolled_and_released(site, monkeypatch):
    monkeypatch.setenv("FIELDSTONE_PASSPHRASE", "correct horse battery")
    site.workspace = site.folder / "own"
    (site.workspace / "conf").mkdir(parents=True)
    for path in (PROBE / "conf").iterdir():
        (site.workspace / "conf" / path.name).symlink_to(path)
    enrolled = document(site.run("people", "enrol", "Li Wei", "--id", "li", "--role", "auditor", "--json"))
    assert (enrolled["id"], enrolled["is_in_file"], enrolled["to_put_in"]) == ("li", True, None)
    assert Path(enrolled["private_key"]).stem == enrolled["key_id"]
    (listed,) = document(site.run("people", "list", "--json"))
    assert (listed["id"], listed["key_id"], listed["counts"]) == ("li", enrolled["key_id"], False)
    assert listed["why_not"] in re.sub(r"[\s│]+", " ", site.run("people", "list").out)
    released = site.run("people", "release", "--who", "li", "--why", "the first", "--json")
    result = document(released)
    assert result["changes"] == {"added": ["li"], "changed": [], "taken_out": []}
    assert f"people: released by li in entry {result['entry']}: added li" in released.err
    assert f"people: warning: {result['warning']}" in released.err
    assert document(site.run("people", "list", "--json"))[0]["counts"] is True


def test_an_answer_that_was_refused(site):
    options = ("--who", "somebody", "--answer", "Approve", "--why", "", "--refused-for", "they are nobody's login")
    refused = site.run("refuse-answer", "admission", "3", *options, "--json")
    assert document(refused) == {"model": "admission", "version": "3"}
    assert "refuse-answer admission: an answer about version 3 did nothing" in refused.err
