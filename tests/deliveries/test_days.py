"""Times without a zone are those of their source, and days are days of the bank."""

import io
import json
import shutil
from datetime import UTC, datetime

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conf.schema.identifiers import resident_id_check
from tests.integration.landing import grant

SCOPE = ("--scope", "farm.planting", "--purpose", "credit_assessment")
SUBJECT = "50010219800101001X"


def moments(*texts: str) -> list[datetime]:
    return [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts]


def in_zone(site, tmp_path, source: str | None = None, workspace: str | None = None):
    """The probe's declarations with zones of their own, copied where they may be changed."""
    shutil.copytree(site.workspace, tmp_path / "own")
    site.workspace = tmp_path / "own"
    if workspace:
        (site.workspace / "conf/settings.yaml").write_text(f"time_zone: {workspace}\n")
    if source:
        with (site.workspace / "conf/sources/probe.yaml").open("a", encoding="utf-8") as file:
            file.write(f"time_zone: {source}\n")
    return site


def rows(*times: str) -> str:
    return "\n".join(["code,day,closed_at", *(f"A{n},2024-01-05,{time}" for n, time in enumerate(times)), ""])


def test_case_04_local_times_are_those_of_the_workspace(site):
    site.own().case("04-local-times-without-a-zone")
    site.as_of = "2026-01-01T01:00:00Z"  # nine o'clock in Beijing
    site.take_in("consent")
    rows = site.silver("consent__grant", "consent_no", "expires_at")
    assert rows[0] == ("G0000000001", *moments("2026-01-01T00:30:00"))
    check = site.run("consent", "check", "--subject", "-", *SCOPE, stdin=SUBJECT)
    assert check.code == 1
    assert "was withdrawn at 2026-01-01 08:00:00 Asia/Shanghai" in check.err
    ingest, refine = site.take_in("farm")
    assert (ingest.code, refine.code) == (0, 0)
    assert site.quarantined("farm__land_transfer")["FUTURE_TIME"] == 0


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        ("2022-12-31T15:59:59Z", 1),
        ("2022-12-31T16:00:00Z", 0),
        ("2022-12-31T18:00:00Z", 0),
        ("2027-12-31T15:59:59Z", 0),
        ("2027-12-31T16:00:00Z", 1),
        ("2027-12-31T18:00:00Z", 1),
        ("2023-01-01", 0),  # midnight in Beijing
        ("2028-01-01", 1),
    ],
)
def test_case_10_an_agreement_begins_and_ends_with_days_of_the_bank(site, as_of, code):
    site.own().case("10-the-day-changes-at-eight")
    ran = site.run("ingest", "farm", as_of=as_of)
    assert ran.code == code
    assert ("nothing is pulled on" in ran.err) == bool(code)


@pytest.mark.further
def test_case_19_a_moment_without_a_year_of_four_digits_is_quarantined(site):
    site.own().case("19-the-year-10000")
    site.as_of = "2025-06-01T00:00:00Z"
    site.take_in("consent")
    assert site.quarantined("consent__grant")["BAD_TYPE"] == 1
    shown = site.run("consent", "show", "--subject", "-", stdin=SUBJECT)
    assert (shown.code, "As of 2025-06-01 08:00 Asia/Shanghai" in shown.out) == (0, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9999-12-31T23:59:59", "9999-12-31T15:59:59"),
        ("9999-12-31T15:59:59.999999Z", "9999-12-31T15:59:59.999999"),
        ("9999-12-31T16:00:00Z", None),  # in the year 10000 by the clocks of the bank
        ("9999-12-31T23:59:59Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("10000-01-01T00:00:00Z", None),
        ("9999-12-31T24:00:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("2026-01-01T24:00:00", None),
        ("2026-01-01T23:59:60", None),
    ],
)
def test_what_some_reader_cannot_hold_never_gets_into_silver(site, tmp_path, text, expected):
    in_zone(site, tmp_path, workspace="Asia/Shanghai").deliver("probe/csv/a.csv", rows(text))
    site.take_in("probe")
    assert site.silver("probe__csv", "closed_at") == (moments(expected) if expected else [])
    assert site.quarantined("probe__csv")["BAD_TYPE"] == (expected is None)


@pytest.mark.further
def test_a_source_may_have_a_zone_of_its_own_and_dates_stay_days_of_the_bank(site, tmp_path):
    in_zone(site, tmp_path, source="Europe/Berlin", workspace="Asia/Shanghai")
    times = (
        "2026-01-01 08:00:00", "2025-07-01 08:00:00", "2025-07-01 08:00", "2025-07-01", "2025-07-01 08:00 +08",
        "2025-07-01T08:00:00 +0800", "2025-07-01t08:00:00z", "2025-03-30 02:30:00", "2025-10-26 02:30:00",
        "2025-07-01 08:00:00.123456789",
    )  # fmt: skip
    site.deliver("probe/csv/a.csv", rows(*times))
    site.take_in("probe")
    assert [at for _, at in site.silver("probe__csv", "code", "closed_at")] == moments(
        "2026-01-01T07:00:00", "2025-07-01T06:00:00", "2025-07-01T06:00:00", "2025-06-30T22:00:00",
        "2025-07-01T00:00:00", "2025-07-01T00:00:00", "2025-07-01T08:00:00", "2025-03-30T01:30:00",
        "2025-10-26T00:30:00", "2025-07-01T06:00:00.123456",
    )  # fmt: skip
    assert set(site.silver("probe__csv", "event_time")) == {*moments("2024-01-04T16:00:00")}


@pytest.mark.further
def test_every_format_reads_its_naive_times_in_the_zone(site, tmp_path):
    in_zone(site, tmp_path, source="Asia/Shanghai")
    naive, flagged = pa.timestamp("us"), pa.timestamp("us", "UTC")
    noon = datetime(2024, 1, 5, 12)
    for name, kind in (("naive", naive), ("flagged", flagged), ("zoned", pa.timestamp("ns", "America/New_York"))):
        moment = pa.array([noon], pa.timestamp("us")).cast(naive)
        at = moment if kind == naive else moment.cast(flagged).cast(kind)
        table = pa.table({"code": [name], "day": pa.array([noon.date()]), "closed_at": at})
        sink = io.BytesIO()
        pq.write_table(table, sink)
        site.deliver(f"probe/pq/{name}.parquet", sink.getvalue())
    book = openpyxl.Workbook()
    book.active.append(["code", "day", "closed_at"])
    book.active.append(["x", noon.date(), noon])
    sink = io.BytesIO()
    book.save(sink)
    site.deliver("probe/xl/a.xlsx", sink.getvalue())
    site.deliver("probe/jl/a.jsonl", '{"code": "j", "day": "2024-01-05", "closed_at": "2024-01-05 12:00:00"}\n')
    site.take_in("probe")
    local, utc = moments("2024-01-05T04:00:00", "2024-01-05T12:00:00")
    assert site.silver("probe__pq", "code", "closed_at") == [("flagged", utc), ("naive", local), ("zoned", utc)]
    assert site.silver("probe__xl", "closed_at") == site.silver("probe__jl", "closed_at") == [local]


@pytest.mark.parametrize(("as_of", "unborn"), [("2025-12-31T15:59:59Z", 1), ("2025-12-31T16:00:00Z", 0)])
def test_nobody_is_born_after_today_in_beijing(site, as_of, unborn):
    body = "50010220260101001"
    site.own().deliver("consent/grant/a.jsonl", json.dumps(grant(body + resident_id_check(body))) + "\n")
    site.run("ingest", "consent", as_of=as_of)
    assert site.quarantined("consent__grant")["INVALID_SUBJECT"] == unborn


def test_a_table_is_kept_to_the_end_of_the_last_day_of_its_term(site, tmp_path):
    """The contract keeps rows for 1,825 days; the record is of 2024-01-05."""
    in_zone(site, tmp_path, workspace="Asia/Shanghai")
    for path in (site.workspace / "conf/contracts/probe").glob("*.yaml"):
        text = path.read_text(encoding="utf-8").replace(
            "primary_key: [code]", "primary_key: [code]\nsubject: {column: id_no}"
        )
        line = "  id_no: {type: string, required: true, identifier: resident_id, class: C2, en: ID, zh: 证件}\n"
        path.write_text(text.replace("columns:\n", f"columns:\n{line}"), encoding="utf-8")
    number = "50010219800101001X"
    site.deliver("probe/csv/a.csv", f"code,day,id_no\nA1,2024-01-05,{number}\n")
    site.take_in("probe")
    for as_of, is_due in (("2029-01-03T15:59:59Z", False), ("2029-01-03T16:00:00Z", True)):
        ran = site.run("erase", "--due", as_of=as_of)
        assert ran.code == 0, ran.err
        assert ("silver_probe__csv" in ran.out) == is_due, ran.out
