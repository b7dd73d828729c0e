"""`--json`: a document on standard output, notes on standard error; `FIELDSTONE_LOG=json`: notes are lines of JSON."""

import json

import pytest

from tests.deliveries.test_ordinary import HEADER

SECRET = "6228481234567890123"
GOOD, BAD = f"A1,{SECRET},good,2024-01-05,3,1.50,,0.5,,true\n", f"A2,{SECRET},bad,2024-13-45,3,1.50,,0.5,,true\n"
# an empty delivery, and one without a required column
TORN = {"a.csv": "", "b.csv": "remark,day\nx,2024-01-05\n"}


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_what_came_in_and_went_on_is_one_document(site):
    site.deliver("probe/csv/a.csv", HEADER + GOOD + BAD)
    ingest, refine = site.run("ingest", "probe", "--json"), site.run("refine", "probe", "--json")
    (taken,), (judged,) = (json.loads(ran.out)["batches"] for ran in (ingest, refine))
    assert (taken["table"], taken["rows_read"], taken["rows_stored"]) == ("probe__csv", 2, 2)
    assert (judged["batch_id"], judged["rows_stored"], judged["rows_quarantined"]) == (taken["batch_id"], 1, 1)
    assert sum(judged["quarantined_by_reason"].values()) == 1
    assert "ingest probe__csv: 2 rows in 1 part, 2 stored" in ingest.err
    assert SECRET not in ingest.text + refine.text
    for verb in ("ingest", "refine"):
        again = site.run(verb, "probe", "--json")
        assert json.loads(again.out) == {"source": "probe", "batches": []}
        assert "nothing new" in again.err


@pytest.mark.further
def test_without_it_people_read_what_they_always_read(site):
    site.deliver("probe/csv/a.csv", HEADER + GOOD)
    ingest, refine = site.take_in("probe")
    assert "ingest probe__csv: 1 row in 1 part, 1 stored, 0 not authorised, 0 quarantined\n" in ingest.out
    assert "refine probe__csv: 1 row, 1 to silver, 0 duplicates, 0 quarantined\n" in refine.out
    assert ingest.err == refine.err == ""


def test_notes_are_lines_of_json_with_table_batch_and_counts(site, monkeypatch):
    monkeypatch.setenv("FIELDSTONE_LOG", "json")
    site.deliver("probe/csv/a.csv", HEADER + GOOD + BAD)
    site.deliver("probe/csv/.a.csv.part", "half")
    ingest, refine = site.take_in("probe")
    printed = lines(ingest.out) + lines(refine.out)
    (taken,) = [line for line in printed if line["verb"] == "ingest" and "batch" in line]
    (judged,) = [line for line in printed if line["verb"] == "refine" and "batch" in line]
    assert (taken["table"], taken["rows"], taken["passed"], taken["quarantined"]) == ("probe__csv", 2, 2, 0)
    assert (judged["batch"], judged["rows"], judged["passed"], judged["quarantined"]) == (taken["batch"], 2, 1, 1)
    assert {line["level"] for line in printed} <= {"info", "warning"}
    assert SECRET not in ingest.text + refine.text


@pytest.mark.parametrize("name", TORN)
@pytest.mark.parametrize("message", [[], ["--json"]])
def test_what_fails_leaves_standard_output_without_a_document_and_names_the_kind(site, monkeypatch, name, message):
    monkeypatch.setenv("FIELDSTONE_LOG", "json")
    site.deliver(f"probe/csv/{name}", TORN[name])
    ran = site.run("ingest", "probe", *message)
    error = lines(ran.err)[-1]
    assert (ran.code, error["level"], error["error"], error["exit_code"]) == (3, "error", "Refused", 3)
    assert all("message" in line for line in lines(ran.out))


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (["ingest", "nobody"], "NotFound"),
        (["train", "nothing"], "NotFound"),
        (["approve", "nothing", "1", "--approver", "Ruth", "--why", "fine"], "NotFound"),
        (["refine", "probe", "--as-of", "2025-01-01"], "UsageError"),
        (["batches", "drop", "x", "--who", "Ruth", "--why", "sent again"], "NotFound"),
        (["build-features", "--as-of", "2030-01-01"], "UsageError"),
    ],
    ids=str,
)
def test_an_error_is_told_by_its_kind_to_programs_and_by_its_text_to_people(site, monkeypatch, message, kind):
    plain = site.run(*message)
    monkeypatch.setenv("FIELDSTONE_LOG", "json")
    (line,) = lines(site.run(*message).err)
    assert (line["error"], line["exit_code"], line["is_transient"]) == (kind, 1, False)
    assert plain.err == f"fieldstone {message[0]}: {line['message']}\n"


def test_an_unknown_form_of_logs_is_refused_before_anything_is_done(site, monkeypatch):
    monkeypatch.setenv("FIELDSTONE_LOG", "yaml")
    ran = site.run("ingest", "probe")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "fieldstone ingest: FIELDSTONE_LOG is 'yaml'; give json for lines of JSON, or text (default)\n"
