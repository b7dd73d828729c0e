"""Days of a zone, in Python."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.schema import contract, settings, source
from conf.schema.clock import day, day_of_text, latest, midnight, zoned
from conf.schema.errors import FieldstoneError
from conf.schema.workspace import load

# at +8, with summer time, with a change at midnight, with summer time of the past only, without a day of 2011
ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Africa/Cairo",
         "America/Havana", "Pacific/Apia", "Asia/Kolkata", "Australia/Lord_Howe")  # fmt: skip
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC))
zones = pytest.mark.parametrize("zone", ZONES)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2025-12-31T15:59:59Z", "2025-12-31"),
        ("2025-12-31T16:00:00Z", "2026-01-01"),
        ("2024-02-28T16:00:00Z", "2024-02-29"),
        ("2024-02-29T16:00:00Z", "2024-03-01"),
        ("1988-04-16T18:00:00Z", "1988-04-17"),  # summer time of 1986 to 1991
        ("1988-07-01T15:00:00Z", "1988-07-02"),
    ],
)
def test_a_day_begins_at_the_midnight_of_its_zone(moment, expected):
    assert day(datetime.fromisoformat(moment), "Asia/Shanghai") == date.fromisoformat(expected)


@zones
@given(moment=MOMENTS)
def test_a_day_holds_its_own_midnight_and_no_other_days(zone, moment):
    today = day(moment, zone)
    begin, end = midnight(today, zone), midnight(today + timedelta(days=1), zone)
    assert begin <= moment < end
    assert day(begin, zone) == today
    assert day(begin - timedelta(microseconds=1), zone) < today


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"),  # there was no midnight, the day began at 01:00
        ("2023-04-28", "Africa/Cairo", "2023-04-27T22:00:00Z"),
        ("2023-11-05", "America/Havana", "2023-11-05T04:00:00Z"),  # it came twice
        ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"),  # the day was left out
    ],
)
def test_where_midnight_is_skipped_or_comes_twice_the_day_begins_at_its_first_moment(day, zone, expected):
    assert midnight(date.fromisoformat(day), zone) == datetime.fromisoformat(expected)


def test_a_time_that_is_skipped_or_comes_twice_is_read_by_the_offset_before_the_change():
    skipped, twice = datetime(2026, 3, 29, 2, 30), datetime(2026, 10, 25, 2, 30)
    assert zoned(skipped, "Europe/Berlin") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert zoned(twice, "Europe/Berlin") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert zoned(twice.replace(tzinfo=UTC), "Europe/Berlin") == twice.replace(tzinfo=UTC)


@pytest.mark.parametrize("name", ["Shanghai", "+08:00", "PRC", "localtime", "Asia/Beijing", "asia/shanghai", "../UTC"])
def test_a_zone_that_not_everybody_knows_is_refused(tmp_path, name):
    (tmp_path / "farm.yaml").write_text(f"title: {{en: Farm, zh: 农}}\ntime_zone: {name}\nassets: {{}}\n", "utf-8")
    for read in (
        lambda: settings.read(tmp_path / "none.yaml", {"FIELDSTONE_TIME_ZONE": name}),
        lambda: source.read(tmp_path / "farm.yaml"),
    ):
        with pytest.raises(FieldstoneError, match="a time zone is Area/City of the IANA database, such as Asia/Shang"):
            read()


def test_a_clock_without_a_zone_stands_in_the_workspaces_own(tmp_path):
    environment = {"FIELDSTONE_TIME_ZONE": "Asia/Shanghai", "FIELDSTONE_AS_OF": "2026-01-01"}
    assert settings.read(tmp_path / "none.yaml", environment).now() == datetime(2025, 12, 31, 16, tzinfo=UTC)


def test_a_source_has_the_workspaces_zone_unless_it_says_its_own():
    workspace = load()
    own = workspace.source("farm").model_copy(update={"time_zone": "Asia/Urumqi"})
    workspace.sources["farm"] = own
    assert (workspace.zone_of("farm"), workspace.zone_of("bank")) == ("Asia/Urumqi", "Asia/Shanghai")


TIMED = """
table: farm__visit
title: {en: Visit, zh: 走访}
grain: one row per visit
primary_key: [visit_no]
event_time: seen_at
lawful_basis: public_record
purposes: [credit_assessment]
retention_days: 10
columns:
  visit_no: {type: string, required: true, en: Number, zh: 编号}
  seen_at: {type: timestamp, required: true, min: "2015-01-01", max: "2030-12-31", en: Moment, zh: 时间}
"""


def _timed(tmp_path, text: str = TIMED) -> contract.Contract:
    path = tmp_path / "visit.yaml"
    path.write_text(text, encoding="utf-8")
    return contract.read(path)


@pytest.mark.parametrize(
    ("low", "high", "zone", "first", "last"),
    [
        ("2015-01-01", "2030-12-31", "UTC", "2015-01-01T00:00:00", "2030-12-31T23:59:59.999999"),
        ("2015-01-01", "2030-12-31", "Asia/Shanghai", "2014-12-31T16:00:00", "2030-12-31T15:59:59.999999"),
        ("2015-01-01T08:00", "2030-12-31T00:00Z", "Asia/Shanghai", "2015-01-01T00:00:00", "2030-12-31T00:00:00"),
        ("2015-01-01", "9999-12-31", "Asia/Shanghai", "2014-12-31T16:00:00", "9999-12-31T15:59:59.999999"),
        ("2015-01-01", "9999-12-31", "America/New_York", "2015-01-01T05:00:00", "9999-12-31T23:59:59.999999"),
    ],
)
def test_limits_of_moments_are_days_of_the_zone(tmp_path, low, high, zone, first, last):
    text = TIMED.replace("2015-01-01", low).replace("2030-12-31", high)
    seen = _timed(tmp_path, text).in_zone(zone).columns["seen_at"]
    assert (seen.min, seen.max) == (f"{first}+00:00", f"{last}+00:00")


def test_a_limit_that_is_no_moment_says_what_one_is(tmp_path):
    wrong = _timed(tmp_path, TIMED.replace("2030-12-31", "soon"))
    with pytest.raises(
        FieldstoneError,
        match="farm__visit: the max of seen_at isn't a day or moment in ISO 8601; write it as 2015-01-01",
    ):
        wrong.in_zone("UTC")


def test_a_day_cannot_say_when_a_row_was_published(tmp_path):
    with pytest.raises(
        FieldstoneError, match="published names 'seen_at', which is date; it must be a column of type timestamp"
    ):
        _timed(tmp_path, TIMED.replace("type: timestamp", "type: date").replace("grain:", "published: seen_at\ngrain:"))


@pytest.mark.parametrize("zone", ZONES)
def test_the_last_moment_has_a_day_in_its_zone_and_the_next_has_none(zone):
    last = latest(zone)
    assert day(last, zone).year == 9999
    with pytest.raises(OverflowError):
        day(last + timedelta.resolution, zone)


@pytest.mark.parametrize(
    ("written", "zone", "expected"),
    [
        ("2024-01-31T16:00:00+00:00", "Asia/Shanghai", "2024-02-01"),
        ("2024-01-31T16:00:00", "Asia/Shanghai", "2024-02-01"),
        ("2024-01-31T16:00:00+00:00", "UTC", "2024-01-31"),
        ("2024-02-01T00:00:00+08:00", "America/New_York", "2024-01-31"),
        ("NaT", "Asia/Shanghai", "NaT"),
    ],
)
def test_a_written_moment_is_told_as_a_day_of_the_zone(written, zone, expected):
    assert day_of_text(written, zone) == expected
