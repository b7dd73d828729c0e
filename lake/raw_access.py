"""Access to tables without the consent gate: for retention, erasure and hand-over, which need no purpose."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema import gold
from lake import gold_schema, selection, state
from lake.schema import BATCH
from lake.selection import Where
from lake.tables import Lake


def columns(lake: Lake, table: str) -> list[str]:
    """Names of a table's columns."""
    return [field.name for field in DeltaTable(str(lake.path(table))).schema().fields]


def count(lake: Lake, table: str, where: Where) -> int:
    """Number of a table's rows that `where` selects."""
    return selection.count(state.opened(lake.path(table)), where)


def chosen(lake: Lake, table: str, where: Where, columns: Collection[str]) -> Iterator[dict[str, Any]]:
    """Some columns of the rows that `where` selects."""
    return selection.chosen(state.opened(lake.path(table)), where, columns)


def values(lake: Lake, table: str, column: str, where: Where = selection.ALL) -> set[str]:
    """Distinct values of a column of the selected rows; of a column of lists, those of the lists' items."""
    values_of: set[str] = set()
    for row in chosen(lake, table, where, [column]):
        values_of |= set(row[column]) if isinstance(row[column], list) else {row[column]}
    return values_of - {None}


def known_between(lake: Lake, table: str, spans: Sequence[tuple[datetime, datetime]]) -> list[int]:
    """Number of rows of a silver table that became known in each span: after its first moment, up to its second."""
    opened = state.opened(lake.path(table))
    counts = [0] * len(spans)
    for batch in opened.to_pyarrow_dataset(schema=selection.schema(opened)).to_batches(columns=["known_at"]):
        known_at = batch.column(0)
        for n, (since, until) in enumerate(spans):
            inside = pc.and_(pc.greater(known_at, since), pc.less_equal(known_at, until))
            counts[n] += pc.sum(inside).as_py() or 0
    return counts


def redact(lake: Lake, table: str, column: str, texts: Collection[str], by: str, spared: Where) -> int:
    """Replace some texts in a column of lists by another; see `selection.redact`."""
    return selection.redact(state.opened(lake.path(table)), column, texts, by, spared)


def change(lake: Lake, table: str, by: Callable[[pa.RecordBatch], pa.RecordBatch]) -> None:
    """Change rows of a table; see `selection.change`."""
    selection.change(state.opened(lake.path(table)), by)


def by_batch(lake: Lake, table: str) -> dict[str, int]:
    """Rows of a table by batch, from its log."""
    counted: dict[str, int] = {}
    actions = pa.table(DeltaTable(str(lake.path(table))).get_add_actions(flatten=True))
    for action in actions.select([f"partition.{BATCH}", "num_records"]).to_pylist() if actions.num_rows else []:
        batch_id = action[f"partition.{BATCH}"]
        counted[batch_id] = counted.get(batch_id, 0) + action["num_records"]
    return counted


def tally(lake: Lake, table: str, by: str, amount: str) -> list[dict[str, Any]]:
    """For each value of a column, the number of rows (`count`) and the sum of another column (`sum`)."""
    totals = rows(lake, table).groupBy(by).agg(F.count("*").alias("count"), F.sum(amount).alias("sum"))
    return [row.asDict() for row in totals.orderBy(by).collect()]


def counts(lake: Lake, table: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Number of rows (`count`) for each combination of values of some columns; without a session."""
    opened = state.opened(lake.path(table))
    rows = opened.to_pyarrow_dataset(schema=selection.schema(opened)).to_table(columns=[*columns])
    return rows.group_by([*columns]).aggregate([([], "count_all")]).rename_columns([*columns, "count"]).to_pylist()


def subjects(lake: Lake, table: str) -> set[str]:
    """Keys of all subjects with a row in a table."""
    return set(keys(rows(lake, table)))


def keys(frame: DataFrame) -> list[str]:
    """The distinct subject keys of a frame, sorted."""
    named = frame.select("subject_key").where("subject_key IS NOT NULL").distinct()
    return sorted(row["subject_key"] for row in named.collect())


def applications(lake: Lake, table: str) -> DataFrame:
    """`application_id` of every row of a table, including rows whose consent has ended since."""
    return rows(lake, table).select("application_id").distinct()


def latest(lake: Lake, table: str) -> dict[str, datetime]:
    """Subject → its last business moment in a table of silver."""
    last = rows(lake, table).groupBy("subject_key").agg(F.max("event_time").alias("at"))
    return {row["subject_key"]: row["at"] for row in last.toArrow().to_pylist()}


def rows(lake: Lake, table: str) -> DataFrame:
    """All rows of a table, those of gold by the columns of today."""
    stored = lake.spark.read.format("delta").load(state.whole(lake.path(table)))
    return gold_schema.of_today(gold.TABLES[table], stored) if table in gold.TABLES else stored


def purge(lake: Lake, table: str) -> None:
    """Remove a table's history: files without present rows, older versions, and their log entries."""
    stored = DeltaTable(str(lake.path(table)))
    stored.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False, full=True)
    # the log holds predicates and partition values; only what is older than its retention may be cleaned
    for retention in ("interval 0 seconds", "interval 30 days"):
        stored.alter.set_table_properties({"delta.logRetentionDuration": retention})
        stored.create_checkpoint()
        stored.cleanup_metadata()
