"""Scratch tables: what is expensive to read or to compute is written once, read back, and gone when the batch is done.

Nobody else reads them, so they are plain Parquet: no log, no statistics.
"""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake import schema
from lake.tables import Lake


def stage(lake: Lake, rows: DataFrame, name: str, by: str | None = None) -> DataFrame:
    """Write rows to a scratch table in place of what an interrupted run may have left, and read them back.

    Args:
        by: column by whose values its files are kept apart.
    """
    folder = _folder(lake, name)
    shutil.rmtree(folder, ignore_errors=True)
    rows.write.partitionBy(*([by] if by else [])).parquet(str(folder))
    return lake.spark.read.schema(rows.schema).parquet(str(folder))


def adopt(lake: Lake, table: str, name: str, by: str, value: str) -> None:
    """Make the rows of a scratch table with a value of the column that keeps files apart a batch of the same name.

    Its files move, so what is read of them has to be read before.
    """
    lake.append_files(table, _filled(_folder(lake, name) / f"{by}={value}"), name)


def append(lake: Lake, table: str, rows: DataFrame, batch_id: str) -> None:
    """Append one batch by way of a scratch table: the engines' own append keeps a batch's rows in memory.

    Args:
        rows: with the declared columns of the table but that of the batch.
    """
    name, (declared, _) = f"{table}-{batch_id}", schema.declared(table, lake.workspace.contracts)
    # the table reads its files as they are, so their types are its own
    columns = [F.col(field.name).cast(field.dataType) for field in declared if field.name != schema.BATCH]
    stage(lake, rows.select(*columns), name)
    lake.append_files(table, _filled(_folder(lake, name)), batch_id)
    unstage(lake, name)


def unstage(lake: Lake, name: str) -> None:
    """Remove a scratch table."""
    shutil.rmtree(_folder(lake, name), ignore_errors=True)


def forget_unadopted(lake: Lake, table: str) -> None:
    """Remove files that were moved into a table and never became part of it, since the run was killed in between."""
    known = lake.batch_ids(table)
    for folder in lake.path(table).glob(f"{schema.BATCH}=*"):
        if folder.name.partition("=")[2] not in known:
            shutil.rmtree(folder)


def _folder(lake: Lake, name: str) -> Path:
    return lake.workspace.settings.home / "scratch" / name


def _filled(folder: Path) -> list[Path]:
    """Its files, without those of no rows, which engines write too."""
    return [file for file in sorted(folder.glob("*.parquet")) if pq.read_metadata(file).num_rows]
