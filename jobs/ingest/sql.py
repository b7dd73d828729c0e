"""Database tables: rows past a watermark, in parallel ranges, each streamed as text by a worker.

A pull reads what lies beyond the last watermark. Rows that were committed late, with an older value, are looked for
in the overlap before it: a keyed digest of the rows there is committed with the watermark, and if it is another one
now, the overlap is read again and the door drops the rows that earlier batches hold. So nothing is read twice unless
something came late, and nothing is stored twice at all.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
from adbc_driver_postgresql import dbapi
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType

from conf.contract import Contract
from conf.errors import FieldstoneError
from conf.source import Asset, Source
from jobs.context import Context
from jobs.ingest.database import Reader, qualified, quoted
from jobs.ingest.drift import changed_type, compared
from jobs.ingest.pull import Drift, Part, Pull
from jobs.ingest.watermark import INSTANT, Axis, Mark, marks, ranges
from lake.schema import struct

_TEXT = ("text", "character varying", "character", "uuid", "name")
_WHOLE = ("smallint", "integer", "bigint")
_NUMBERS = (*_WHOLE, "numeric", "real", "double precision")
# PostgreSQL's types that may stand for a contract's; anything else is a changed type
_KINDS = {
    "string": _TEXT,
    "int": _WHOLE,
    "long": _WHOLE,
    "double": _NUMBERS,
    "decimal": _NUMBERS,
    "boolean": ("boolean",),
    "date": ("date",),
    "timestamp": (INSTANT, "timestamp without time zone"),
}


@dataclass(frozen=True)
class Table:
    """A table of the partner, and what of it is ours.

    Attributes:
        asset: its name, watermark and overlap.
        contract: what it should hold.
        types: its columns, by the partner's names, with their types.
    """

    asset: Asset
    contract: Contract
    types: dict[str, str]

    @property
    def axis(self) -> Axis:
        """Of the watermark."""
        return Axis(self.types[self.asset.watermark])

    @property
    def ours(self) -> dict[str, str]:
        """Our name → the partner's, of the columns that the contract declares."""
        named = {self.asset.rename.get(name, name): name for name in self.types}
        return {name: named[name] for name in self.contract.columns if name in named}

    def text(self, column: str) -> str:
        """A column as text in ISO form, as SQL."""
        zoned = self.types[column] == INSTANT
        return f"({quoted(column)} AT TIME ZONE 'UTC')::text || 'Z'" if zoned else f"{quoted(column)}::text"

    def within(self, low: int, high: int) -> str:
        """Rows above a position of the watermark up to another, as SQL."""
        column, axis = quoted(self.asset.watermark), self.axis
        limits = f"{column} > {axis.literal(low)} AND {column} <= {axis.literal(high)}"
        return f"FROM {qualified(self.asset.table)} WHERE {limits}"

    def query(self, low: int, high: int) -> str:
        """The declared columns of a range of rows as text, as SQL."""
        columns = ", ".join(f"{self.text(theirs)} AS {quoted(name)}" for name, theirs in self.ours.items())
        return f"SELECT {columns} {self.within(low, high)}"


@dataclass(frozen=True)
class Plan:
    """What a pull is to read: the rows above `low` up to `high`, positions of the watermark.

    Attributes:
        mark: to be committed with the batch.
    """

    low: int
    high: int
    mark: Mark


def pull(context: Context, source: Source, contract: Contract, finished: list[dict]) -> Pull | None:
    """The rows that no finished batch holds yet, None if there are none.

    Rows dated after the run's own moment are left for a later one.

    Raises:
        FieldstoneError: the database can't be read, the table isn't what was agreed, or rows have no watermark.
    """
    asset, reader = source.assets[contract.asset], Reader(source.connection)
    table = Table(asset, contract, reader.describe(asset.table))
    drift = inspect(table)
    plan = _plan(reader, table, context, marks(finished))
    if plan is None:
        return None
    axis, spans = table.axis, ranges(plan.low, plan.high, source.connection.parallel)
    parts = tuple(_part(table, plan, low, high) for low, high in spans)
    if {part.sha256 for part in parts} <= {part["sha256"] for batch in finished for part in batch["parts"]}:
        return None
    listing = [(table.query(*span), f"{part.name}#{part.sha256}") for span, part in zip(spans, parts, strict=True)]
    rows = read(context.lake.spark, reader, listing, list(contract.columns))
    before = [batch["batch_id"] for batch in finished if any(axis.position(m.at) > plan.low for m in marks([batch]))]
    return Pull(parts, rows, drift, str(plan.mark), tuple(before))


def again(context: Context, source: Source, contract: Contract, finished: list[dict]) -> Pull | None:
    """The rows up to where earlier batches have read, once more, None if there are none."""
    asset, reader, before = source.assets[contract.asset], Reader(source.connection), marks(finished)
    table = Table(asset, contract, reader.describe(asset.table))
    drift = inspect(table)
    with reader.snapshot() as cursor:
        first = _bounds(cursor, table, None)[0]
    if first is None or not before:
        return None
    mark = max(before, key=lambda mark: table.axis.position(mark.at))
    plan = Plan(table.axis.position(first) - 1, table.axis.position(mark.at), mark)
    spans = ranges(plan.low, plan.high, source.connection.parallel)
    parts = tuple(_part(table, plan, low, high) for low, high in spans)
    listing = [(table.query(*span), f"{part.name}#{part.sha256}") for span, part in zip(spans, parts, strict=True)]
    rows = read(context.lake.spark, reader, listing, list(contract.columns))
    batches = tuple(batch["batch_id"] for batch in finished)
    return Pull(parts, rows, drift, overlaps=batches, late=f"late {len(finished)}")


def inspect(table: Table) -> Drift:
    """Compare a table's columns with the contract.

    Raises:
        FieldstoneError: a required column is missing, a type has changed, or the watermark isn't there.
    """
    asset, contract = table.asset, table.contract
    drift = compared(asset.table, [asset.rename.get(name, name) for name in table.types], contract)
    for name, theirs in table.ours.items():
        column, came = contract.columns[name], table.types[theirs]
        if came not in (_TEXT if column.parse else _KINDS[column.type.split("(")[0]]):
            raise changed_type(asset.table, theirs, came, contract, name)
    if asset.watermark not in table.types:
        raise FieldstoneError(
            f"{asset.table} has no column {asset.watermark}, the watermark of {contract.table}; "
            "name another in its source, or ask the partner for it"
        )
    return drift


def _plan(reader: Reader, table: Table, context: Context, before: list[Mark]) -> Plan | None:
    """What is new, None if nothing is; all is asked of one snapshot, so that the digest stands for the rows read."""
    axis, reach, key = table.axis, table.axis.distance(table.asset.overlap), context.vault.secrets.pseudonym
    with reader.snapshot() as cursor:
        first, last, unmarked, later = _bounds(
            cursor, table, axis.at(context.as_of, context.workspace.zone_of(table.contract.source))
        )
        if unmarked:
            raise FieldstoneError(
                f"{unmarked:,} rows of {table.asset.table} have no {table.asset.watermark} and would never be read; "
                "ask the partner to fill it, or name another watermark"
            )
        if later:
            print(f"ingest {table.contract.table}: {later:,} rows dated after this run are left for a later one")
        if last is None:
            return None
        low, high = axis.position(first) - 1, axis.position(last)
        if before:
            reached = max(axis.position(mark.at) for mark in before)
            seen = {mark.overlap for mark in before if axis.position(mark.at) == reached}
            is_same = _digest(cursor, table, reached - reach, reached, key) in seen
            if is_same and high <= reached:
                return None
            low, high = reached if is_same else reached - reach, max(high, reached)
        mark = Mark(axis.text(high), _digest(cursor, table, high - reach, high, key))
    return Plan(low, high, mark)


def _bounds(cursor: dbapi.Cursor, table: Table, now: int | None) -> tuple[str | None, str | None, int, int]:
    """First and last value of the watermark up to now, and the number of rows without one, and of those after."""
    name, column, text = qualified(table.asset.table), quoted(table.asset.watermark), table.text(table.asset.watermark)
    limit = "" if now is None else table.axis.literal(now)
    dated, later = (f"{column} <= {limit}", f"{column} > {limit}") if limit else (f"{column} IS NOT NULL", "false")
    cursor.execute(
        f"SELECT (SELECT {text} FROM {name} WHERE {dated} ORDER BY {column} LIMIT 1), "
        f"(SELECT {text} FROM {name} WHERE {dated} ORDER BY {column} DESC LIMIT 1), "
        f"(SELECT count(*) FROM {name} WHERE {column} IS NULL), (SELECT count(*) FROM {name} WHERE {later})"
    )
    return cursor.fetchone()


def _digest(cursor: dbapi.Cursor, table: Table, low: int, high: int, key: bytes) -> str:
    """Keyed digest of the rows of a range, whatever their order."""
    row = ", ".join(quoted(theirs) for theirs in table.ours.values())
    hashed = f"hashtextextended(ROW({row})::text, 0)"
    cursor.execute(f"SELECT count(*)::text, coalesce(sum({hashed}), 0)::text {table.within(low, high)}")
    return hmac.digest(key, ":".join(cursor.fetchone()).encode(), "sha256").hex()


def _part(table: Table, plan: Plan, low: int, high: int) -> Part:
    """A range is what was asked for, of a table whose latest rows were these."""
    name = f"{table.asset.table} ({table.axis.text(low)}, {table.axis.text(high)}]"
    return Part(name, hashlib.sha256(f"{name}\n{plan.mark}".encode()).hexdigest())


def read(spark: SparkSession, reader: Reader, listing: list[tuple[str, str]], columns: list[str]) -> DataFrame:
    """Run queries in parallel, on the workers.

    Args:
        reader: of the database.
        listing: queries for some of the columns as text, each with the source reference of its rows.
        columns: those that the contract declares; what a query doesn't ask for is null.

    Returns:
        The declared columns as text, with `_source_ref`, and `_reject` and `_raw`, which are null.
    """
    output = struct(**dict.fromkeys([*columns, "_source_ref", "_reject", "_raw"], StringType()))

    def read_queries(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for query, source_ref in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                for found in reader.stream(query):
                    nothing = pa.nulls(found.num_rows, pa.string())
                    have = dict(zip(found.schema.names, found.columns, strict=True))
                    arrays = [have.get(name, nothing) for name in columns]
                    arrays += [pa.repeat(source_ref, found.num_rows), nothing, nothing]
                    yield pa.RecordBatch.from_arrays(arrays, output.fieldNames())

    queries = spark.createDataFrame(listing, "query string, source_ref string").repartition(len(listing))
    return queries.mapInArrow(read_queries, output)
