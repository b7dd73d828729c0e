"""The bank's bookings from its PostgreSQL into bronze as `fieldstone ingest bank` does it, and the least that it takes.

The least is `COPY … TO`, and DuckDB from CSV to Parquet; nothing else is done.

The environment says where the database is; `FIELDSTONE_BENCH_COPY` names a file that the server may write.
"""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from adbc_driver_postgresql import dbapi

from conf.schema import source, workspace
from pipeline.context import Context
from pipeline.ingest import run as ingest
from pipeline.machine.postgresql import program

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def by_fieldstone() -> Callable[[Path, Path], None]:
    """Open the embedded engine; gate, vault, pseudonyms and hashes are on."""
    place = workspace.load()
    bank = source.read(place.root / "conf/sources/bank@postgres.yaml")
    bookings = bank.model_copy(update={"assets": {"transaction": bank.assets["transaction"]}})

    def run(_folder: Path, target: Path) -> None:
        settings = place.settings.model_copy(update={"home": target, "as_of": AS_OF})
        context = Context(replace(place, settings=settings, sources={"bank": bookings}), AS_OF)
        ingest.run(context, "bank")

    Context(place, AS_OF).lake.spark.range(1).count()
    return run


def by_copy() -> Callable[[Path, Path], None]:
    """The server writes CSV to its own disk, which nobody elsewhere could read."""
    copied = os.environ["FIELDSTONE_BENCH_COPY"]

    def run(_folder: Path, target: Path) -> None:
        with dbapi.connect(os.environ["FIELDSTONE_BENCH_OWNER"], autocommit=True) as bank, bank.cursor() as cursor:
            cursor.execute(f"COPY core.transaction TO '{copied}' (FORMAT csv, HEADER)")
        _to_parquet(copied, target)

    return run


def by_copy_over_tls() -> Callable[[Path, Path], None]:
    """The server sends CSV to a client, as it must to a bank's platform; the connection is that of the ingest."""
    psql = program("psql")

    def run(_folder: Path, target: Path) -> None:
        command = "COPY core.transaction TO STDOUT (FORMAT csv, HEADER)"
        copied = target.with_suffix(".csv")
        subprocess.run([psql, os.environ["FIELDSTONE_BANK_URL"], "-qc", command, "-o", copied], check=True)
        _to_parquet(copied, target)

    return run


def _to_parquet(copied: str | Path, target: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"COPY (FROM read_csv('{copied}')) TO '{target}.parquet' (COMPRESSION zstd)")
