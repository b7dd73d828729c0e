"""Watermarks: positions, their values, and ranges of them."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.schema.errors import FieldstoneError
from lake.batch import INGEST, Batch
from pipeline.ingest.database import recount
from pipeline.ingest.database.watermark import Axis, Count, Watermark, joined, marks, ranges
from tests.conftest import AS_OF

INSTANT = Axis("timestamp with time zone")


@given(st.datetimes())
def test_an_instant_survives_to_the_microsecond(moment):
    assert datetime.fromisoformat(INSTANT.text(INSTANT.position(moment.isoformat(" ")))) == moment


@given(st.dates())
def test_a_date_survives(day):
    assert Axis("date").text(Axis("date").position(day.isoformat())) == day.isoformat()


@given(st.integers(-(2**62), 2**62), st.integers(0, 2**62), st.integers(1, 64))
def test_ranges_cover_every_position_once(low, width, number):
    spans = ranges(low, low + width, number)
    assert len(spans) <= number
    assert sum(high - start for start, high in spans) == width
    assert all(before[1] == after[0] for before, after in pairwise(spans))


def test_positions_grow_with_values():
    assert INSTANT.position("2024-01-01 00:00:00.000002") - INSTANT.position("2024-01-01 00:00:00") == 2
    assert Axis("bigint").position("-5") == -5


def test_literals_are_typed_and_reach_before_the_first_year():
    assert INSTANT.literal(INSTANT.position("2024-01-01 08:00:00")) == "TIMESTAMPTZ '2024-01-01T08:00:00'"
    assert Axis("date").literal(0) == "DATE '-infinity'"
    assert Axis("timestamp without time zone").literal(-(10**18)) == "TIMESTAMP '-infinity'"
    assert Axis("bigint").literal(-1) == "-1"


@pytest.mark.parametrize("text", ["infinity", "-infinity", "0044-03-15 12:00:00 BC", "12024-01-01 00:00:00", "x"])
def test_a_value_that_no_clock_gives_is_refused_without_being_told(text):
    with pytest.raises(FieldstoneError, match="isn't a moment in the years 1 to 9999") as error:
        INSTANT.position(text)
    assert text not in str(error.value)


def test_the_overlap_is_in_seconds_whole_days_or_numbers():
    assert INSTANT.distance(3600) == 3_600_000_000
    assert [Axis("date").distance(n) for n in (1, 86_400, 86_401)] == [1, 1, 2]
    assert Axis("bigint").distance(3600) == 3600


def test_the_moment_of_the_run_is_a_time_and_a_day_of_the_source_where_the_axis_knows_no_zone():
    now, zone = datetime(2023, 12, 31, 23, 59, tzinfo=UTC), "Asia/Shanghai"
    naive, day = Axis("timestamp without time zone"), Axis("date")
    assert INSTANT.at(now, zone) == INSTANT.position("2023-12-31 23:59:00Z")
    assert naive.at(now, zone) == naive.position("2024-01-01 07:59:00")
    assert [day.text(day.at(now, each)) for each in (zone, "UTC")] == ["2024-01-01", "2023-12-31"]
    assert Axis("bigint").at(now, zone) is None


def _finished(*watermarks: str | None) -> list[Batch]:
    return [Batch(f"b{n}", "bank__transaction", INGEST, AS_OF, (), mark) for n, mark in enumerate(watermarks)]


def test_marks_are_read_from_the_batches_that_have_one():
    mark = Watermark("2024-01-01T00:00:00", "ab")
    assert marks(_finished(None, str(mark))) == [mark]


def test_watermarks_of_another_kind_of_connection_leave_no_mark():
    mark = Watermark("2024-01-01", "ab")
    assert marks(_finished(str(mark), "2024-01-01T00:00:00+00:00", None)) == [mark]


def test_a_mark_survives_with_its_counts_and_older_ones_have_none():
    mark = Watermark("2024-01-01", "ab", 3, (Count(-5, 0, 0), Count(9, 2, 7)))
    older = '{"at": "2024-01-01", "overlap": "ab"}'
    assert marks(_finished(str(mark), older)) == [mark, Watermark("2024-01-01", "ab")]


SPANS = st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair))), max_size=8)


@given(SPANS)
def test_joined_ranges_hold_the_same_positions_once(spans):
    positions = [position for low, high in joined(spans) for position in range(low + 1, high + 1)]
    assert positions == sorted({position for low, high in spans for position in range(low + 1, high + 1)})
    assert all(before[1] < after[0] for before, after in pairwise(joined(spans)))


ROWS = st.lists(st.tuples(st.integers(-300, 300), st.integers(0, 2**32 - 1)), max_size=60)


def _counts(rows, ends):
    spans = zip([-(10**6), *ends], ends, strict=False)
    parts = [[one for one in rows if low < one[0] <= high] for low, high in spans]
    return [Count(end, len(part), sum(s for _, s in part) % 2**32) for end, part in zip(ends, parts, strict=True)]


@given(ROWS, ROWS, st.sets(st.integers(-300, 300), min_size=1, max_size=120).map(sorted))
def test_whatever_came_or_went_lies_in_a_changed_range(rows, late, ends):
    before = recount.kept(_counts(rows, ends))
    assert len(before) <= 64
    assert sum(count.rows for count in before) == sum(position <= ends[-1] for position, _ in rows)
    kept_ends = [count.end for count in before]
    assert kept_ends[-1] == ends[-1]
    first = min((position for position, _ in rows + late), default=0)
    finer = recount.ends(before, first, 400)
    assert finer == sorted(set(finer))
    assert finer[-1] == 400
    now = _counts(rows + late, finer)
    spans = recount.changed(before, now, first)
    missed = [p for p, _ in late if p <= ends[-1] and not any(low < p <= high for low, high in spans)]
    assert not missed
    assert recount.moved(before, now) == (sum(p <= ends[-1] for p, _ in late), 0)
    if not late:
        assert not spans
