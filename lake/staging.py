"""Staging: rows that are expensive to read or compute are written once, read back, and deleted when the batch is done.

No other job reads staging tables, so they are plain Parquet: no log, no statistics.
"""

import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import AddAction, RemoveAction
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructField

from lake import log, schema
from lake.tables import Lake

Persisted = Callable[[DataFrame, str], DataFrame]  # stores rows under a name and reads them back


def stage(lake: Lake, rows: DataFrame, name: str, by: str | None = None) -> DataFrame:
    """Write rows to a staging table in place of what an interrupted run may have left, and read them back.

    Args:
        by: column by whose values its files are kept apart.
    """
    folder = _folder(lake, name)
    shutil.rmtree(folder, ignore_errors=True)
    rows.write.partitionBy(*([by] if by else [])).parquet(str(folder))
    return lake.spark.read.schema(rows.schema).parquet(str(folder))


@contextmanager
def area(lake: Lake, name: str) -> Generator[Persisted]:
    """Staging tables of one run; all are deleted at its end, with those that an interrupted run left."""
    unstage(lake, name)
    try:
        yield lambda rows, part: stage(lake, rows, f"{name}/{part}")
    finally:
        unstage(lake, name)


def commit(lake: Lake, table: str, batch_id: str, name: str, by: str, value: str) -> None:
    """Make the rows of a staging table with a value of the column that keeps files apart a batch of a table.

    Its files are moved, so read the staging table before if it is needed.
    """
    lake.append_files(table, _filled(_folder(lake, name) / f"{by}={value}"), batch_id)


def append(lake: Lake, table: str, rows: DataFrame, batch_id: str) -> None:
    """Append one batch by way of a staging table: the engines' own append keeps a batch's rows in memory.

    Args:
        rows: with the declared columns of the table but that of the batch.
    """
    name, (declared, _) = f"{table}-{batch_id}", schema.declared(table, lake.workspace.contracts)
    stage(lake, _as_declared(rows, [field for field in declared if field.name != schema.BATCH]), name)
    lake.append_files(table, _filled(_folder(lake, name)), batch_id)
    unstage(lake, name)


def replace(lake: Lake, table: str, rows: DataFrame) -> None:
    """Replace a table's rows, in its declared columns and in one commit; batches stay separate.

    They too go by way of a staging table. Files of an interrupted run stay in the table's folder, and no part of it,
    until it is vacuumed.
    """
    name, (declared, partition_by) = f"{table}-anew", schema.declared(table, lake.workspace.contracts)
    with lake.lock(f"{table}.commit", wait_seconds=600, is_singleton=True):
        stage(lake, _as_declared(rows, [*declared]), name, by=schema.BATCH)
        added: list[AddAction | RemoveAction] = []
        for file in _filled(_folder(lake, name), f"{schema.BATCH}=*/"):
            folder = lake.path(table) / file.parent.name
            folder.mkdir(exist_ok=True)
            added.append(log.added(file.rename(folder / file.name), folder.name.partition("=")[2]))
        stored = DeltaTable(str(lake.path(table)))
        stored.create_write_transaction(added, "overwrite", schema.delta(declared), partition_by)
        unstage(lake, name)


def unstage(lake: Lake, name: str) -> None:
    """Remove a staging table."""
    shutil.rmtree(_folder(lake, name), ignore_errors=True)


def forget_uncommitted(lake: Lake, table: str) -> None:
    """Remove files that a killed run moved into a table without committing them."""
    known = lake.batch_ids(table)
    for folder in lake.path(table).glob(f"{schema.BATCH}=*"):
        if folder.name.partition("=")[2] not in known:
            shutil.rmtree(folder)


def _folder(lake: Lake, name: str) -> Path:
    return lake.workspace.settings.home / "staging" / name


def _as_declared(rows: DataFrame, fields: list[StructField]) -> DataFrame:
    """Columns cast to the types of the table, which reads its files without casting."""
    return rows.select(*[F.col(field.name).cast(field.dataType).alias(field.name) for field in fields])


def _filled(folder: Path, below: str = "") -> list[Path]:
    """The folder's files without empty ones, which engines also write."""
    return [file for file in sorted(folder.glob(f"{below}*.parquet")) if pq.read_metadata(file).num_rows]
