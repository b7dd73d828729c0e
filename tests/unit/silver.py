"""Small silver tables from text, and the features computed from them."""

import importlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from conf.schema import workspace
from conf.schema.clock import zoned
from features.engine.assemble import assemble
from features.engine.collect import collect
from features.engine.feature_set import FeatureSet
from features.engine.records import names

CONTRACTS = workspace.load().contracts
DOMAINS = ("planting", "breeding", "land", "housing", "banking", "credit")
FEATURES: FeatureSet = collect((importlib.import_module(f"features.{domain}") for domain in DOMAINS), CONTRACTS)
MEMBERSHIP = "farm__household_membership"
AS_OF = datetime(2024, 5, 10, 9, tzinfo=UTC)
COMMON = {
    "subject_key": "string", "consent_id": "string", "_is_shared": "boolean",
    "event_time": "timestamp", "known_at": "timestamp",
}  # fmt: skip
REQUEST = {"requested_cny": "10000", "term_months": "12", "product_code": "farm_credit", "channel": "mobile"}
HOME = {"valid_from_date": "2010-01-01", "relation": "head"}


def silver(spark, table: str, rows: list[dict[str, str]], zone: str = "UTC"):
    """A silver frame of a contract's table: the columns given as text, the others null.

    Unless given, a row belongs to subject s1 of household h1 and is shared with it, and became known a day after it
    happened. Moments are
    given by the clocks of a zone.
    """
    contract = CONTRACTS[table]
    types = {name: column.type for name, column in contract.stored.items()} | COMMON | {"_row_hash": "string"}
    filled = []
    for number, row in enumerate(rows):
        assert set(row) <= set(types), f"{set(row) - set(types)} are no columns of {table}"
        values = {"subject_key": "s1", "household_no": "h1", "_is_shared": "true", "_row_hash": f"{number:04}"} | row
        values.setdefault("event_time", values[contract.event_time])
        known = datetime.fromisoformat(values["event_time"]) + timedelta(days=1)
        values.setdefault("known_at", str(known))
        values |= {n: _utc(text, zone) for n, text in values.items() if text and types.get(n) == "timestamp"}
        filled.append(tuple(values.get(name) for name in types))
    text = spark.createDataFrame(filled, ", ".join(f"{name} string" for name in types))
    return text.selectExpr(*(f"cast({name} as {kind}) {name}" for name, kind in types.items()))


def _utc(text: str, zone: str) -> str:
    return f"{zoned(datetime.fromisoformat(text), zone):%Y-%m-%d %H:%M:%S.%f}"


def spine(spark, *applications: dict[str, str], zone: str = "UTC"):
    """A spine; each application by default is a1 of s1 at AS_OF, which is by the clocks of a zone."""
    filled = [
        {"application_id": "a1", "subject_key": "s1", "as_of": f"{AS_OF:%F %T}"} | REQUEST | a for a in applications
    ]
    filled = [row | {"as_of": _utc(row["as_of"], zone)} for row in filled]
    text = spark.createDataFrame([tuple(row.values()) for row in filled], ", ".join(f"{n} string" for n in filled[0]))
    return text.withColumns({"as_of": text.as_of.cast("timestamp"), "term_months": text.term_months.cast("int")})


def tables(spark, records: dict[str, list[dict[str, str]]], zone: str = "UTC"):
    """Frames of all tables that the features need, and of others that are given; s1 lives in h1 unless it is said."""
    records = {MEMBERSHIP: [HOME]} | records
    return {table: silver(spark, table, records.get(table, []), zone) for table in {*FEATURES.tables, *records}}


def of_tables(*names: str) -> FeatureSet:
    """The features of some tables only, without derived ones."""
    columns = tuple(column for column in FEATURES.columns if column.table in names and column.kind == "records")
    return replace(FEATURES, columns=columns, measures={name: FEATURES.measures[name] for name in names})


def of_columns(*chosen: str) -> FeatureSet:
    """Some columns only, and what they are computed from."""
    columns = tuple(column for column in FEATURES.columns if column.name in chosen)
    read = set().union(*(names(column.sql) for column in columns))
    measures = {t: {n: m for n, m in ms.items() if n in read} for t, ms in FEATURES.measures.items()}
    return replace(FEATURES, columns=columns, measures={t: ms for t, ms in measures.items() if ms})


def of_repayment(spark, rows: list[dict[str, str]]):
    """Instalments as a spine gives them to what counts days past due."""
    return silver(spark, "bank__instalment", rows).withColumnsRenamed(
        {"due_cny": "due_amount", "paid_cny": "paid_amount"}
    )


def computed(
    spark,
    records: dict[str, list[dict[str, str]]],
    *applications: dict[str, str],
    features: FeatureSet = FEATURES,
    zone: str = "UTC",
) -> list[dict]:
    """Feature rows of some applications (one, unless given) from some tables, by application."""
    frames = tables(spark, records, zone)
    spine_rows = spine(spark, *(applications or [{}]), zone=zone)
    result = assemble(spine_rows, frames, features, CONTRACTS, frames[MEMBERSHIP], zone=zone)
    return [row.asDict() for row in result.orderBy("application_id").collect()]
