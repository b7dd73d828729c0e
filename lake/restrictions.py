"""Restricted subjects: erasure was requested, a statutory term still runs, and so their rows are stored, not used."""

from collections.abc import Iterable
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema import table_names
from lake.storage import Storage

TABLE = table_names.RESTRICTED


def subjects(lake: Storage) -> DataFrame:
    """`subject_key` of all restricted subjects."""
    return lake.platform(TABLE).select("subject_key").distinct()


def left_out(lake: Storage, rows: DataFrame) -> DataFrame:
    """Rows without those of restricted subjects; rows without a subject all stay."""
    if "subject_key" not in rows.columns or not lake.exists(TABLE):
        return rows
    return rows.join(F.broadcast(subjects(lake)), "subject_key", "left_anti")


def since(lake: Storage, subject_key: str) -> datetime | None:
    """When a subject was first restricted, UTC; None if it isn't restricted."""
    return min((record["restricted_at"] for record in lake.records(TABLE, subject_key=subject_key)), default=None)


def restrict(lake: Storage, subject_keys: Iterable[str], reference: str, at: datetime) -> None:
    """Restrict the subjects that aren't restricted yet: all use of their rows ends.

    Args:
        reference: of the request for erasure.
        at: since when, UTC.
    """
    known = {record["subject_key"] for record in lake.records(TABLE)}
    what = {"reference": reference, "restricted_at": at}
    if records := [{"subject_key": key} | what for key in subject_keys if key not in known]:
        lake.append_records(TABLE, records)
