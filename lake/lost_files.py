"""Files that would be read again for those who have consented since, and are gone from the landing zone."""

from collections.abc import Collection
from datetime import datetime

from conf.schema import table_names
from lake.tables import Lake

TABLE = table_names.OWED


def note(lake: Lake, source_table: str, sha256s: Collection[str], at: datetime) -> None:
    """Note files that are gone; those that are noted already stay as they are."""
    new = sorted({*sha256s} - files(lake, source_table))
    if new:
        lake.append_records(TABLE, [{"source_table": source_table, "sha256": sha256, "at": at} for sha256 in new])


def files(lake: Lake, source_table: str) -> set[str]:
    """SHA-256 of the files that are awaited of a table."""
    return {record["sha256"] for record in lake.records(TABLE) if record["source_table"] == source_table}


def settle(lake: Lake, source_table: str, sha256s: Collection[str]) -> None:
    """Forget files that have been read."""
    lake.delete(TABLE, {"source_table": [source_table], "sha256": [*sha256s]})
