"""Lost files: subjects have consented since, so they should be read again, but they are gone from the landing zone."""

from collections.abc import Collection
from datetime import datetime

from conf.schema import table_names
from lake.tables import Lake

TABLE = table_names.OWED


def note(lake: Lake, source_table: str, sha256s: Collection[str], at: datetime) -> None:
    """Record files that are gone; files already recorded stay unchanged."""
    new = sorted({*sha256s} - files(lake, source_table))
    if new:
        lake.append_records(TABLE, [{"source_table": source_table, "sha256": sha256, "at": at} for sha256 in new])


def files(lake: Lake, source_table: str) -> set[str]:
    """SHA-256 of a table's lost files."""
    return {record["sha256"] for record in lake.records(TABLE) if record["source_table"] == source_table}


def settle(lake: Lake, source_table: str, sha256s: Collection[str]) -> None:
    """Remove the records of files that have been read."""
    lake.delete(TABLE, {"source_table": [source_table], "sha256": [*sha256s]})
