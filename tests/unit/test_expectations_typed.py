"""Text to typed columns: what counts as a number, a date, a yes. `tests/parity` runs the same table on Apache Spark."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError
from pyspark.sql import functions as F

from conf.schema.contract import Column, Contract
from expectations.typed import Zones, typed, value

TABLE = list(
    csv.DictReader((Path(__file__).parents[1] / "data" / "typed_vectors.csv").open(encoding="utf-8", newline=""))
)


def column(kind: str, parse: str | None = None) -> Column:
    return Column(type=kind, parse=parse or None, en="x", zh="x")


@pytest.mark.parametrize(("kind", "parse"), sorted({(row["type"], row["parse"]) for row in TABLE}))
def test_texts_read_as_the_table_says(spark, kind, parse):
    texts = {row["text"]: row["read_as"] or None for row in TABLE if (row["type"], row["parse"]) == (kind, parse)}
    frame = spark.createDataFrame([(text,) for text in texts], "text string")
    rows = frame.select("text", value(F.col("text"), column(kind, parse)).cast("string").alias("read_as")).collect()
    assert {row.text: row.read_as for row in rows} == texts


def test_types_arrive_as_declared_and_the_text_stays_at_hand(spark):
    entry = Contract.model_validate(
        {
            "table": "a__b",
            "title": {"en": "t", "zh": "t"},
            "grain": "one row",
            "primary_key": ["no"],
            "event_time": "seen_at",
            "lawful_basis": "public_record",
            "purposes": ["model_training"],
            "retention_days": 1,
            "columns": {
                "no": {"type": "string", "en": "n", "zh": "n"},
                "area_mu": {"type": "decimal(6,2)", "en": "n", "zh": "n"},
                "born_date": {"type": "date", "en": "n", "zh": "n"},
                "seen_at": {"type": "timestamp", "required": True, "en": "n", "zh": "n"},
            },
        }
    )
    frame = spark.createDataFrame([(" 7 ", "1.005", "2024-2-29", "2024-03-01T08:00:00+08:00", "b1")]).toDF(
        "no", "area_mu", "born_date", "seen_at", "_batch_id"
    )
    row = typed(frame, entry).first()
    assert row.asDict() == {
        "_batch_id": "b1",
        "no": "7",
        "area_mu": Decimal("1.01"),
        "born_date": date(2024, 2, 29),
        "seen_at": datetime(2024, 3, 1, tzinfo=UTC).replace(tzinfo=None),
        "_raw": (" 7 ", "1.005", "2024-2-29", "2024-03-01T08:00:00+08:00"),
    }


RECEIVED = datetime(2024, 3, 31, 2, tzinfo=UTC)
BERLIN = Zones("Europe/Berlin", "Europe/Berlin")
PUBLISHED = {  # how it is parsed → text → the moment in UTC
    None: {
        "2024-03-01": "2024-03-01 22:59:59.999999",  # the end of the day in Berlin, not its beginning
        "2024-3-1": "2024-03-01 22:59:59.999999",
        "2024-03-31": "2024-03-31 02:00:00",  # the receipt, which was before the day's end
        "2024-04-02": "2024-04-01 22:00:00",  # a day after the receipt isn't moved, and is found to be of the future
        "2024-03-01T00:00:00": "2024-02-29 23:00:00",  # midnight, stated
        "2024-03-01T08:00:00Z": "2024-03-01 08:00:00",
        "2024-02-30": None,
        "soon": None,
    },
    "dd.MM.yyyy": {"01.03.2024": "2024-03-01 22:59:59.999999", "31.02.2024": None},
    "dd.MM.yyyy HH:mm": {"01.03.2024 00:00": "2024-02-29 23:00:00"},
}


@pytest.mark.parametrize("parse", PUBLISHED)
def test_a_day_of_publication_counts_as_its_end_or_the_receipt_if_earlier(spark, parse):
    entry = Contract.model_validate(
        {
            "table": "a__b",
            "title": {"en": "t", "zh": "t"},
            "grain": "one row",
            "primary_key": ["no"],
            "event_time": "at",
            "published": "at",
            "lawful_basis": "public_record",
            "purposes": ["model_training"],
            "retention_days": 1,
            "columns": {
                "no": {"type": "string", "en": "n", "zh": "n"},
                "at": {"type": "timestamp", "required": True, "parse": parse, "en": "n", "zh": "n"},
            },
        }
    )
    cells = [(text, text, RECEIVED) for text in PUBLISHED[parse]]
    rows = typed(spark.createDataFrame(cells, "no string, at string, _received_at timestamp"), entry, BERLIN)
    assert {row.no: row.at for row in rows.select("no", F.col("at").cast("string")).collect()} == PUBLISHED[parse]


@pytest.mark.parametrize("pattern", ["d-MMMM-yy", "MM-yy", "d-M-yy d", "monney"])
def test_a_pattern_that_cannot_be_read_is_refused_and_says_what_may_be(pattern):
    with pytest.raises(
        ValidationError,
        match=rf"parse '{pattern}' can't be read; allowed are `words`, `hex`, `money`, `decimal_comma` and date",
    ):
        column("date", pattern)


@pytest.mark.parametrize(("kind", "parse"), [("date", "money"), ("double", "hex"), ("int", "yyyy-MM-dd")])
def test_a_way_of_writing_fits_the_type(kind, parse):
    with pytest.raises(
        ValidationError, match=f"parse '{parse}' is for .*, but the type is {kind}; change one of the two"
    ):
        column(kind, parse)
