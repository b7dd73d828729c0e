"""Features that `conf/features.yaml` declares, as an engine computes them; prints them as JSON.

Run by `test_parity_plain_features`, in a process of its own, with an engine and an empty folder as arguments.
"""

import json
import os
import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from conf.schema import plain_features
from conf.schema.contract import Contract
from conf.schema.settings import Settings
from features.engine.assemble import assemble
from features.engine.collect import collect
from lake.engine import open_session

DECLARED = """
application:
  shop__order: [amount_cny, {column: channel, one_hot: [branch, mobile]}, is_urgent]
latest:
  shop__herd:
    - head_count
    - {column: weight_kg, months: 6}
    - {column: grade, ordinal: [C, B, A]}
    - grade
    - is_insured
lookup:
  shop__price:
    key: {crop: crop, township: township}
    columns: [price_cny_kg, {column: trend, ordinal: [down, up], name: is_up, months: 3}]
"""
IDENTITY = {"type": "string", "identifier": "resident_id", "class": "C2"}
COLUMNS = {
    "shop__order": {
        "order_no": {"type": "string"},
        "id_no": IDENTITY,
        "amount_cny": {"type": "decimal(12,2)", "unit": "cny"},
        "channel": {"type": "string"},
        "is_urgent": {"type": "boolean"},
        "crop": {"type": "string"},
        "township": {"type": "string"},
        "day": {"type": "date", "required": True},
    },
    "shop__herd": {
        "herd_no": {"type": "string"},
        "id_no": IDENTITY,
        "head_count": {"type": "int", "unit": "count"},
        "weight_kg": {"type": "double", "unit": "kg"},
        "grade": {"type": "string", "values": ["A", "B", "C"]},
        "is_insured": {"type": "boolean"},
        "day": {"type": "date", "required": True},
    },
    "shop__price": {
        "crop": {"type": "string"},
        "township": {"type": "string"},
        "price_cny_kg": {"type": "decimal(9,4)", "unit": "cny_kg"},
        "trend": {"type": "string"},
        "day": {"type": "date", "required": True},
    },
}
KEYS = {"shop__order": ["order_no"], "shop__herd": ["herd_no", "day"], "shop__price": ["crop", "township", "day"]}
# application_id, subject_key, as_of, then columns of the order
SPINE = """
a1 s1 2024-05-10T09:00:00 12345.67 branch true  rice  east
a2 s2 2024-05-10T09:00:00 0.10     post   false maize east
a3 s1 2024-01-31T00:00:00 -        -      -     rice  west
a4 s3 2024-05-10T09:00:00 99.99    mobile -     -     east
"""
# subject_key, event_time, known_at, then columns
HERDS = """
s1 2024-01-30T23:59:59 2024-01-31T00:00:00 h1 7 70.125 A true
s1 2024-04-01T00:00:00 2024-04-02T00:00:00 h1 8 80.25  B false
s1 2024-05-01T00:00:00 2024-05-02T00:00:00 h1 - -      - -
s1 2024-05-01T00:00:00 2024-05-02T00:00:00 h2 5 0.1    C true
s1 2024-05-09T00:00:00 2024-05-11T00:00:00 h2 1 1.5    A true
s2 2023-11-10T00:00:00 2023-11-11T00:00:00 h3 3 33.3   D -
"""
PRICES = """
- 2024-01-01T00:00:00 2024-01-05T00:00:00 rice  west 1.1000 up
- 2024-04-01T00:00:00 2024-04-05T00:00:00 rice  east 1.2345 down
- 2024-04-01T00:00:00 2024-05-20T00:00:00 rice  east 1.3000 up
- 2024-01-01T00:00:00 2024-01-05T00:00:00 maize east 2.7183 up
"""


def contract(table: str) -> Contract:
    """A table's contract, of subjects unless it is that of prices."""
    declared = {
        "table": table,
        "title": {"en": table, "zh": table},
        "grain": "one row per key",
        "primary_key": KEYS[table],
        "event_time": "day",
        "lawful_basis": "public_record",
        "purposes": ["credit_assessment"],
        "retention_days": 3650,
        "columns": {name: {"en": name, "zh": name} | column for name, column in COLUMNS[table].items()},
    }
    if "id_no" in COLUMNS[table]:
        declared["subject"] = {"column": "id_no", "kind": "resident_id"}
    return Contract.model_validate(declared)


def rows(spark: SparkSession, text: str, *columns: str) -> DataFrame:
    """A frame of a table's lines, `-` as null; each column is given as `name type`."""
    names, types = zip(*(column.split() for column in columns), strict=True)
    lines = [tuple(None if word == "-" else word for word in line.split()) for line in text.split("\n") if line]
    frame = spark.createDataFrame(lines, ", ".join(f"{name} string" for name in names))
    return frame.select(*(F.col(name).cast(kind).alias(name) for name, kind in zip(names, types, strict=True)))


def records(spark: SparkSession, table: str, text: str, *names: str) -> DataFrame:
    """Silver rows of a table from lines of subject, moments and columns."""
    columns = [f"{name} {COLUMNS[table][name]['type']}" for name in names]
    lines = rows(spark, text, "subject_key string", "event_time timestamp", "known_at timestamp", *columns)
    hashed = F.sha2(F.concat_ws(" ", "event_time", "known_at", *names), 256)
    return lines.withColumns(
        {"consent_id": F.lit(None).cast("string"), "day": F.to_date("event_time"), "_row_hash": hashed}
    )


def computed(engine: str, folder: Path) -> dict[str, dict[str, float | None]]:
    """Features by application."""
    (path := folder / "features.yaml").write_text(DECLARED, encoding="utf-8")
    contracts = {table: contract(table) for table in COLUMNS}
    features = collect([], contracts, plain_features.read(path))
    spark = open_session(Settings(engine=engine))
    order = ("amount_cny decimal(12,2)", "channel string", "is_urgent boolean", "crop string", "township string")
    spine = rows(spark, SPINE, "application_id string", "subject_key string", "as_of timestamp", *order)
    tables = {
        "shop__herd": records(spark, "shop__herd", HERDS, "herd_no", "head_count", "weight_kg", "grade", "is_insured"),
        "shop__price": records(spark, "shop__price", PRICES, "crop", "township", "price_cny_kg", "trend"),
    }
    wide = assemble(spine, tables, features, contracts, zone="Asia/Shanghai")
    return {row["application_id"]: {name: row[name] for name in features.names} for row in wide.collect()}


if __name__ == "__main__":
    print(json.dumps(computed(sys.argv[1], Path(sys.argv[2]))), flush=True)
    os._exit(0)
