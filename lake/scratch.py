"""Scratch tables: what is expensive to read or to compute is written once, read back, and gone when the batch is done.

Nobody else reads them, so they are plain Parquet: no log, no statistics.
"""

import shutil
from pathlib import Path

from pyspark.sql import DataFrame

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
    lake.append_files(table, sorted((_folder(lake, name) / f"{by}={value}").glob("*.parquet")), name)


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
