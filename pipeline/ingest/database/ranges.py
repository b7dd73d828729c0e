"""Database tables: rows past a watermark, in parallel ranges, each streamed as text by a worker.

A pull reads the rows beyond the last watermark. Rows that were committed late, with an older value, are searched in
the overlap before it: a keyed digest of the rows there is committed with the watermark. If the digest has changed, the
overlap is read again, and admission drops the rows that earlier batches have. Rows that come even later are noticed by
counts (`recount.py`), and ranges whose rows have changed are read again, too. So nothing is read twice unless rows came
late, and nothing is ever stored twice.
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
from adbc_driver_postgresql import dbapi
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType

from conf.schema import required
from conf.schema.contract import Contract
from conf.schema.errors import PartnerError
from conf.schema.source import Database, Source
from lake.batch import Batch, Part
from lake.schema import struct
from pipeline.context import Context
from pipeline.ingest.database import recount
from pipeline.ingest.database.connection import Reader, qualified, quoted
from pipeline.ingest.database.table import PartnerTable, inspect
from pipeline.ingest.database.watermark import Watermark, joined, marks, ranges
from pipeline.ingest.pull import Pull

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadPlan:
    """The plan of a pull.

    Attributes:
        spans: (low, high) ranges to read: above one position of the watermark, up to another; ascending.
        mark: watermark that is committed with the batch.
    """

    spans: list[tuple[int, int]]
    mark: Watermark


def pull(context: Context, source: Source, contract: Contract, finished: list[Batch]) -> Pull | None:
    """The rows that no finished batch has yet; None if there are none.

    Rows dated after the run's own moment are left for a later run.

    Raises:
        ContractError, PartnerError: the database can't be read, the table isn't what was agreed, or rows have no
            watermark.
    """
    connection = required.connection(source, Database)
    asset, reader = source.assets[contract.asset], Reader(connection)
    table = PartnerTable(asset, contract, reader.describe(required.setting(asset, "table")))
    drift = inspect(table)
    plan = _plan(reader, table, context, marks(finished))
    if plan is None:
        return None
    axis, spans = table.axis, _cut(plan, connection.parallel)
    parts = tuple(_part(table, plan, low, high) for low, high in spans)
    if {part.sha256 for part in parts} <= {part.sha256 for batch in finished for part in batch.parts}:
        return None
    listing = [(table.query(*span), f"{part.name}#{part.sha256}") for span, part in zip(spans, parts, strict=True)]
    rows = read(context.lake.spark, reader, listing, list(contract.columns))
    low = plan.spans[0][0]
    before = [batch.batch_id for batch in finished if all(axis.position(m.at) > low for m in marks([batch]))]
    return Pull(parts, rows, drift, str(plan.mark), tuple(before))


def again(context: Context, source: Source, contract: Contract, finished: list[Batch]) -> Pull | None:
    """The rows up to the position that earlier batches have read, once more; None if there are none."""
    connection = required.connection(source, Database)
    asset, reader, before = source.assets[contract.asset], Reader(connection), marks(finished)
    table = PartnerTable(asset, contract, reader.describe(required.setting(asset, "table")))
    drift = inspect(table)
    with reader.snapshot() as cursor:
        first = _bounds(cursor, table, None)[0]
    if first is None or not before:
        return None
    mark = max(before, key=lambda mark: table.axis.position(mark.at))
    plan = ReadPlan([(table.axis.position(first) - 1, table.axis.position(mark.at))], mark)
    spans = _cut(plan, connection.parallel)
    parts = tuple(_part(table, plan, low, high) for low, high in spans)
    listing = [(table.query(*span), f"{part.name}#{part.sha256}") for span, part in zip(spans, parts, strict=True)]
    rows = read(context.lake.spark, reader, listing, list(contract.columns))
    batches = tuple(batch.batch_id for batch in finished)
    return Pull(parts, rows, drift, overlaps=batches, late=f"late {len(finished)}")


def _plan(reader: Reader, table: PartnerTable, context: Context, before: list[Watermark]) -> ReadPlan | None:
    """The plan for new rows, None if there are none; one snapshot is used, so that the digest is that of the rows."""
    axis, reach, key = table.axis, table.axis.distance(table.asset.overlap), context.vault.secrets.pseudonym
    with reader.snapshot() as cursor:
        first, last, unmarked, later = _bounds(
            cursor, table, axis.at(context.as_of, context.workspace.zone_of(table.contract.source))
        )
        if unmarked:
            raise PartnerError(
                f"{unmarked:,} rows of {table.name} have no {table.watermark} and would never be read; "
                "ask the partner to fill it, or name another watermark"
            )
        if later:
            LOG.info(f"ingest {table.contract.table}: {later:,} rows dated after this run are left for a later one")
        extent = None if first is None or last is None else (axis.position(first), axis.position(last))
        mark = max(before, key=lambda mark: (axis.position(mark.at), mark.number), default=None)
        if mark:
            reached = axis.position(mark.at)
        elif extent:
            reached = extent[0] - 1
        else:
            return None
        start, high = (extent[0], max(extent[1], reached)) if extent else (reached, reached)
        known = mark.counts if mark else ()
        counted = recount.counts(cursor, table, recount.ends(known, start, high - reach), key)
        spans = recount.changed(known, counted, start)
        if spans:
            _tell(table, *recount.moved(known, counted))
        seen = {one.overlap for one in before if axis.position(one.at) == reached}
        if mark and recount.digest(cursor, table, reached - reach, reached, key) not in seen:
            # from the end of the counts, because the overlap may have been different when they were made
            spans.append((min([reached - reach, *(count.end for count in known[-1:])]), reached))
        if high > reached:
            spans.append((reached, high))
        if not spans:
            return None
        overlap = recount.digest(cursor, table, high - reach, high, key)
    return ReadPlan(joined(spans), Watermark(axis.text(high), overlap, len(before), recount.kept(counted)))


def _tell(table: PartnerTable, came: int, gone: int) -> None:
    """Log the numbers of rows that came later than the overlap, and of rows that have gone."""
    label, name = f"ingest {table.contract.table}", table.name
    if came:
        LOG.warning(
            f"{label}: {came:,} rows at least came into {name} later than the overlap of its watermark; their ranges "
            "are read again. Where that is the rule, the source needs a larger overlap"
        )
    if gone:
        LOG.warning(
            f"{label}: {gone:,} rows at least have gone from {name} since they were read; what was stored is kept"
        )


def _cut(plan: ReadPlan, number: int) -> list[tuple[int, int]]:
    return [part for low, high in plan.spans for part in ranges(low, high, number)]


def _bounds(cursor: dbapi.Cursor, table: PartnerTable, now: int | None) -> tuple[str | None, str | None, int, int]:
    """First and last value of the watermark up to now, and the numbers of rows without one and of later rows."""
    name, column, text = qualified(table.name), quoted(table.watermark), table.text(table.watermark)
    limit = "" if now is None else table.axis.literal(now)
    dated, later = (f"{column} <= {limit}", f"{column} > {limit}") if limit else (f"{column} IS NOT NULL", "false")
    cursor.execute(
        # an unqualified name would mean the text column, in which 9 comes after 10
        f"SELECT (SELECT {text} FROM {name} t WHERE {dated} ORDER BY t.{column} LIMIT 1), "
        f"(SELECT {text} FROM {name} t WHERE {dated} ORDER BY t.{column} DESC LIMIT 1), "
        f"(SELECT count(*) FROM {name} WHERE {column} IS NULL), (SELECT count(*) FROM {name} WHERE {later})"
    )
    (bounds,) = cursor.fetchall()
    return bounds


def _part(table: PartnerTable, plan: ReadPlan, low: int, high: int) -> Part:
    """A range as a part of a batch, identified by its query and by the table's latest rows."""
    name = f"{table.name} ({table.axis.text(low)}, {table.axis.text(high)}]"
    return Part(name, hashlib.sha256(f"{name}\n{plan.mark}".encode()).hexdigest())


def read(spark: SparkSession, reader: Reader, listing: list[tuple[str, str]], columns: list[str]) -> DataFrame:
    """Run queries in parallel, on the workers.

    Args:
        reader: reader of the database.
        listing: queries for some of the columns as text, each with the source reference of its rows.
        columns: the contract's columns; a column that a query doesn't read is null.

    Returns:
        The declared columns as text, with `_source_ref`, and `_reject` and `_raw`, which are null.
    """
    output = struct(**dict.fromkeys([*columns, "_source_ref", "_reject", "_raw"], StringType()))

    def read_queries(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for query, source_ref in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                for rows in reader.stream(query):
                    nothing = pa.nulls(rows.num_rows, pa.string())
                    have = dict(zip(rows.schema.names, rows.columns, strict=True))
                    arrays = [have.get(name, nothing) for name in columns]
                    arrays += [pa.repeat(source_ref, rows.num_rows), nothing, nothing]
                    yield pa.RecordBatch.from_arrays(arrays, output.fieldNames())

    queries = spark.createDataFrame(listing, "query string, source_ref string").repartition(len(listing))
    return queries.mapInArrow(read_queries, output)
