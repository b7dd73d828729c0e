"""Rows of a database that are committed later than the overlap reaches: fetched once, and told."""

import json
import random
from datetime import timedelta

import pytest

from pipeline.machine import postgresql
from sandbox.partners import postgres
from tests.integration.test_ingest_sql import COLUMNS, LAST, URL, asking, days, ingest, numbers, row

pytestmark = pytest.mark.skipif(
    not postgresql.is_installed(), reason="PostgreSQL isn't installed (Debian: apt install postgresql)"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgres.running(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def bank(server, context, monkeypatch):
    """The table, empty, and a context whose only source is its database."""
    server.execute("DROP TABLE IF EXISTS core.transaction CASCADE", f"CREATE TABLE core.transaction ({COLUMNS})")
    monkeypatch.setenv(URL, server.url())
    return asking(context)


HOUR = timedelta(hours=1)


def test_a_row_committed_later_than_the_overlap_arrives_once_and_is_told(server, bank, capsys):
    server.execute(row(1, LAST - 10 * HOUR), row(2, LAST))
    ingest(bank)
    server.execute(row(3, LAST - HOUR * 1.5), row(4, LAST + HOUR))
    second = ingest(bank)
    assert (second.rows_stored, numbers(bank)) == (2, [1, 2, 3, 4])
    assert "1 rows at least came into core.transaction later than the overlap" in capsys.readouterr().out
    assert ingest(bank) is None
    assert "came into" not in capsys.readouterr().out


def test_it_arrives_where_nothing_else_is_new(server, bank):
    server.execute(*days(20))
    ingest(bank)
    for number in (30, 31):
        server.execute(row(number, LAST - timedelta(days=7, minutes=number)))
        late = ingest(bank)
        assert (late.rows_stored, numbers(bank)) == (1, [*range(1, 21), *range(30, number + 1)])
        assert ingest(bank) is None
    assert late.rows_read <= 5  # of its range: what is read again becomes less


LATE = {
    "before the first row": [LAST - timedelta(days=400)],
    "at the first row": [LAST - timedelta(days=19)],
    "at a row": [LAST - timedelta(days=5)],
    "just before the overlap": [LAST - HOUR - timedelta(microseconds=1)],
    "where the overlap begins": [LAST - HOUR],
    "in the overlap": [LAST - HOUR / 2],
    "many, all over": [LAST - timedelta(days=n, minutes=7) for n in range(1, 19, 3)],
}


@pytest.mark.further
@pytest.mark.parametrize("moments", LATE.values(), ids=LATE)
def test_wherever_they_lie(server, bank, moments):
    server.execute(*days(20))
    ingest(bank)
    server.execute(*(row(100 + n, moment) for n, moment in enumerate(moments)))
    ingest(bank)
    assert numbers(bank) == [*range(1, 21), *(100 + n for n in range(len(moments)))]
    assert ingest(bank) is None


@pytest.mark.further
def test_one_before_everything_where_all_lay_in_the_overlap(server, bank):
    server.execute(row(1, LAST - HOUR / 2), row(2, LAST))
    ingest(bank)
    server.execute(row(3, LAST - 48 * HOUR))
    ingest(bank)
    assert numbers(bank) == [1, 2, 3]


@pytest.mark.further
def test_a_row_that_takes_the_place_of_a_deleted_one(server, bank, capsys):
    server.execute(*days(20))
    ingest(bank)
    server.execute("DELETE FROM core.transaction WHERE transaction_no = 'T00000000000005'")
    server.execute(row(50, LAST - timedelta(days=15, minutes=1)))
    ingest(bank)
    assert numbers(bank) == [*range(1, 21), 50]


@pytest.mark.parametrize("condition", ["transaction_no = 'T00000000000005'", "published_at < '2025-06-20'", "true"])
def test_deleted_rows_are_told_once_and_kept(server, bank, capsys, condition):
    server.execute(*days(20))
    ingest(bank)
    server.execute(f"DELETE FROM core.transaction WHERE {condition}")
    ingest(bank)
    assert "rows at least have gone from core.transaction since they were read" in capsys.readouterr().out
    assert numbers(bank) == list(range(1, 21))
    assert ingest(bank) is None
    assert "have gone" not in capsys.readouterr().out


@pytest.mark.further
@pytest.mark.parametrize(
    ("kind", "values", "late"),
    [
        ("bigint", ["1", "9000", "20000"], "4000"),
        ("smallint", ["1", "9000", "20000"], "-7"),
        ("date", ["2025-01-01", "2025-03-01", "2025-06-01"], "2025-02-01"),
        ("timestamp", ["2025-01-01 00:00", "2025-03-01 00:00", "2025-06-01 00:00"], "2025-02-01 10:00"),
    ],
)
def test_whatever_the_watermark_is(server, bank, kind, values, late):
    server.execute(f"ALTER TABLE core.transaction ADD COLUMN changed {kind}")
    server.execute(*(row(n, changed=value) for n, value in enumerate(values)))
    changing = asking(bank, {"watermark": "changed"})
    ingest(changing)
    server.execute(row(7, changed=late))
    ingest(changing)
    assert numbers(changing) == [0, 1, 2, 7]
    assert ingest(changing) is None


@pytest.mark.further
@pytest.mark.parametrize("values", [["9", "10"], ["-10", "-9"], ["99999", "100000", "100001"], ["-5", "5", "10"]])
def test_a_sequence_is_ordered_by_number(server, bank, values):
    server.execute("ALTER TABLE core.transaction ADD COLUMN changed bigint")
    server.execute(*(row(n, changed=value) for n, value in enumerate(values)))
    changing = asking(bank, {"watermark": "changed"})
    assert ingest(changing).rows_stored == len(values)
    assert ingest(changing) is None


@pytest.mark.further
def test_through_a_view(server, bank):
    server.execute("CREATE OR REPLACE VIEW core.seen AS SELECT * FROM core.transaction")
    server.execute("GRANT SELECT ON core.seen TO fieldstone_reader", *days(10))
    viewing = asking(bank, {"table": "core.seen"})
    ingest(viewing)
    server.execute(row(30, LAST - timedelta(days=4, minutes=1)))
    ingest(viewing)
    assert numbers(viewing) == [*range(1, 11), 30]


@pytest.mark.further
def test_another_overlap_leaves_no_gap(server, bank):
    server.execute(*days(10))
    wide = asking(bank, {"overlap": 86_400 * 5})
    ingest(wide)
    server.execute(row(30, LAST - timedelta(days=3, minutes=1)))
    ingest(bank)
    assert numbers(bank) == [*range(1, 11), 30]


def test_what_is_kept_is_small_and_says_numbers_only(server, bank):
    server.execute(*days(5))
    record = ingest(bank)
    mark = json.loads(record.watermark)
    assert sum(rows for _, rows, _ in mark["counts"]) == 4  # the last lies in the overlap
    assert len(record.watermark) < 2_000


@pytest.mark.further
@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_commits_ends_with_every_row_once(server, bank, seed):
    chance, expected = random.Random(seed), []
    for step in range(5):
        for _ in range(chance.randint(0, 6)):
            expected.append(number := len(expected) + 1)
            late = timedelta(minutes=chance.choice([0, 1, 59, 60, 61, 600, 6000]) * chance.random())
            server.execute(row(number, LAST - timedelta(days=5 - step) - late))
        ingest(bank)
    ingest(bank)
    assert numbers(bank) == expected
    assert ingest(bank) is None
