"""Rows that fail at admission: nothing is kept of who gave no consent, and nothing for long of whom nobody knows."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from conf.schema.identifiers import credit_code_check, organisation_check
from jobs import erase, quarantine
from lake import erasure
from pipeline import refine
from pipeline.ingest import run as ingest
from pipeline.ingest.subject import numbers
from pipeline.quarantine.row_choice import Selection
from tests.integration.holding import key_of
from tests.integration.landing import as_csv, grant, person, transfer, write_jsonl

ANN, BEN, CAT = person(1), person(2), person(3)
TABLE, TODAY = "farm__land_transfer", date(2026, 1, 1)
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


@pytest.fixture
def door(context, workspace):
    """Ann has consented, Cat has not. `door(csv)` ingests and returns the ledger's record."""
    write_jsonl(workspace.settings.landing / "consent/grant/a.jsonl", [grant(ANN, 1)])
    for job in (ingest, refine):
        job.run(context, "consent")

    def enter(content: str | bytes, name: str = "a", by=context) -> dict:
        path = workspace.settings.landing / f"farm/land_transfer/{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return ingest.ingest(by, workspace.source("farm"), workspace.contract(TABLE))

    return enter


def _waiting(context) -> list[tuple]:
    rows = context.lake.platform(f"quarantine_{TABLE}").select("reasons", "subject_key").collect()
    return sorted((row["reasons"][0], row["subject_key"] or "") for row in rows)


def _broken(subject: str) -> bytes:
    """Rows of a person, each damaged in another way."""
    lines = as_csv([transfer(subject, n) for n in range(1, 6)]).encode().splitlines()
    undecodable = lines[1].replace(b"true", b"tr\xffue")
    ragged, short = lines[2] + b",more", lines[3].rpartition(b",")[0]
    misplaced = lines[4].replace(b",in,", b"," + subject.encode() + b",").replace(subject.encode(), b"", 1)
    quoted = lines[5].replace(b",in,", b',"in,')
    return b"\n".join([lines[0], undecodable, ragged, short, misplaced, quoted]) + b"\n"


def test_nothing_is_kept_of_who_gave_no_consent_however_damaged_the_row_is(door, context):
    record = door(_broken(CAT))
    assert (record.rows_not_authorised, record.rows_quarantined, record.rows_stored) == (5, 0, 0)
    assert _waiting(context) == []


def test_damaged_rows_of_who_has_consented_wait_under_the_subject(door, context):
    record = door(_broken(ANN))
    hers = key_of(context, ANN)
    assert record.rows_not_authorised == 0
    assert _waiting(context) == sorted([("BAD_ENCODING", hers), *[("RAGGED_ROW", hers)] * 3, ("INVALID_SUBJECT", hers)])


def test_a_row_that_names_several_or_nobody_waits_for_its_term_and_no_longer(door, context, capsys):
    head = as_csv([transfer(ANN)]).splitlines()[0]
    door(f"{head}\n{ANN},{CAT},1\nnobody,2,3\n{ANN},3\n")
    assert _waiting(context) == [("RAGGED_ROW", ""), ("RAGGED_ROW", ""), ("RAGGED_ROW", key_of(context, ANN))]
    days = context.workspace.settings.unlinked_days
    last, over = (replace(context, as_of=context.as_of + timedelta(days=n)) for n in (days, days + 1))
    assert erasure.due(last.lake, last.as_of) == []
    erase.run(over, None, True, True, "Ruth")
    assert _waiting(context) == [("RAGGED_ROW", key_of(context, ANN))]
    assert erasure.due(over.lake, over.as_of) == []
    assert "certificate" in capsys.readouterr().out


@pytest.mark.further
def test_what_came_again_since_has_a_term_of_its_own(door, context):
    head, days = as_csv([transfer(ANN)]).splitlines()[0], context.workspace.settings.unlinked_days
    door(f"{head}\nnobody,2,3\n")
    later = replace(context, as_of=context.as_of + timedelta(days=days + 1), clock=None)
    door(f"{head}\nnobody,2,3\n\n", "b", later)
    erase.run(later, None, True, True, "Ruth")
    assert len(_waiting(context)) == 1


@pytest.mark.further
def test_a_damaged_row_comes_in_when_its_subject_has_consented_since(door, context, workspace):
    door(_broken(CAT))
    write_jsonl(workspace.settings.landing / "consent/grant/b.jsonl", [grant(CAT, 2)])
    for job in (ingest, refine):
        job.run(context, "consent")
    contract, source = workspace.contract(TABLE), workspace.source("farm")
    for _ in range(2):
        ingest.ingest(context, source, contract)
        assert len(_waiting(context)) == 5


def test_a_row_that_failed_at_the_door_is_shown_by_its_shape(door, context, capsys):
    undecodable = as_csv([transfer(ANN, 1, direction="Li Ann", area_mu="13800001234")]).encode()
    in_clear = as_csv([transfer(ANN, 2, direction=BEN)]).encode().splitlines()[1]
    door(undecodable.replace(b"true", b"tr\xffue") + in_clear + b"\n")
    quarantine.show(context, TABLE, Selection(), None, None)
    output = capsys.readouterr().out
    assert "BAD_ENCODING" in output
    assert "IDENTIFIER_IN_CLEAR" in output
    for value in ("Li Ann", "13800001234", ANN, BEN):
        assert value not in output
    assert "signed_date=2024-02-01" in output


COMPANY = "91500102" + "12345678"
COMPANY += organisation_check(COMPANY[8:16])
COMPANY += credit_code_check(COMPANY)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (f"{ANN},Ann,1", "resident_id", {ANN}),
        (f"1{ANN}", "resident_id", set()),
        (f"{ANN[:6]} {ANN[6:14]} {ANN[14:]}", "resident_id", {ANN}),
        (f"12\t{ANN}\t3", "resident_id", {ANN}),
        (ANN.translate(WIDE), "resident_id", {ANN}),
        (f"'{ANN}", "resident_id", {ANN}),
        (f"\ufeff{ANN[:3]}\u200b{ANN[3:]}", "resident_id", {ANN}),
        (f"{ANN};{CAT}", "resident_id", {ANN, CAT}),
        (ANN[:-1] + "?", "resident_id", set()),
        ("500102204001010012", "resident_id", set()),
        (f"a,{COMPANY.lower()},b", "credit_code", {COMPANY}),
        (f"{COMPANY}1", "credit_code", set()),
    ],
)
def test_numbers_are_found_as_people_write_them(text, kind, expected):
    assert numbers(text, kind, TODAY) == expected
