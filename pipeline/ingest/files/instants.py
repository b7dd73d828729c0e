"""The meaning of moments and days in a Parquet file, by the clock and calendar of its writer.

Moments of 96 bits (INT96) have no zone: Spark and Hive write UTC, Impala its local time, and Arrow follows the schema
that it stores in the file. Spark before 3 and Hive use the Julian calendar for old days without marking it, so these
days may be wrong. A value of uncertain meaning becomes a text that isn't a moment, so that its row is set aside.
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.parquet import FileMetaData

from conf.schema.contract import Column
from conf.schema.errors import PartnerError
from pipeline.ingest.files.exact import as_text

_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799  # first and last second of the years 1 to 9999
# from here on all writers agree; before 1900 Spark's old clocks differ by local mean time
_FIRST_DAY, _FIRST_MOMENT = date(1582, 10, 15), datetime(1900, 1, 1, tzinfo=UTC)
# texts in place of wrong values
_OTHER_CALENDAR, _OTHER_YEARS = "by the Julian calendar", "not of the years 1 to 9999"


@dataclass(frozen=True)
class Instants:
    """How to read the moments and days of a file.

    Attributes:
        wide: columns of 96 bits.
        in_utc: columns among these that are in UTC.
        by_julian: whether old days and moments may be in the Julian calendar.
        wide_by_julian: whether moments of 96 bits may be in the Julian calendar.
    """

    wide: frozenset[str]
    in_utc: frozenset[str]
    by_julian: bool
    wide_by_julian: bool

    @classmethod
    def of(cls, metadata: FileMetaData) -> "Instants":
        """The instants of a file, by the metadata of its writer.

        Raises:
            PartnerError: the schema that Arrow has stored in the file is damaged.
        """
        schema = metadata.schema
        columns = [schema.column(n) for n in range(metadata.num_columns)]
        wide = frozenset(c.path for c in columns if c.physical_type == "INT96")
        local = wide if metadata.created_by.startswith("impala") else _local(metadata)
        return cls(
            wide, wide - local, _may_be_julian(metadata, "DateTime", (3, 0)), _may_be_julian(metadata, "INT96", (3, 1))
        )

    def checked(self, rows: pa.Table, seconds: pa.Table, columns: dict[str, Column]) -> pa.Table:
        """The rows, with a text on the fault in place of each wrong day or moment.

        Args:
            rows: rows as read.
            seconds: the columns of 96 bits of the same rows, in seconds, which don't overflow.
            columns: name → declared column.
        """
        arrays = {name: rows[name] for name in rows.column_names}
        for name, values in arrays.items():
            is_wide = name in self.wide
            clocked = values.cast(pa.timestamp("us", "UTC")) if name in self.in_utc else values
            is_old = _is_old(clocked) if (self.wide_by_julian if is_wide else self.by_julian) else None
            arrays[name] = _without(clocked, is_old, _OTHER_CALENDAR, columns[name])
            if is_wide:
                arrays[name] = _without(arrays[name], _is_beyond(seconds[name]), _OTHER_YEARS, columns[name])
        return pa.table(arrays)


def _local(metadata: FileMetaData) -> frozenset[str]:
    """Columns without a zone in Arrow's schema; other writers don't state zones."""
    stored = (metadata.metadata or {}).get(b"ARROW:schema")
    try:
        schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(stored))) if stored else ()
    except ValueError as error:
        raise PartnerError("the schema that Arrow has stored in it is damaged; ask for the file again") from error
    return frozenset(f.name for f in schema if pa.types.is_timestamp(f.type) and f.type.tz is None)


def _may_be_julian(metadata: FileMetaData, kind: str, since: tuple[int, int]) -> bool:
    """Whether old values of a kind may be in the Julian calendar, by the metadata of Spark and Hive.

    See `DataSourceUtils` of Apache Spark: versions from `since` on write Gregorian days unless they say otherwise.
    """
    entries = metadata.metadata or {}
    if f"org.apache.spark.legacy{kind}".encode() in entries:
        return True
    if version := re.match(rb"(\d+)\.(\d+)", entries.get(b"org.apache.spark.version", b"")):
        return (int(version[1]), int(version[2])) < since
    return metadata.created_by.startswith("parquet-mr")


def _is_beyond(seconds: pa.ChunkedArray) -> pa.ChunkedArray:
    count = seconds.cast(pa.int64())
    return pc.or_(pc.less(count, _FIRST_SECOND), pc.greater(count, _LAST_SECOND))


def _is_old(values: pa.ChunkedArray) -> pa.ChunkedArray | None:
    if pa.types.is_date(values.type):
        return pc.less(values.cast(pa.date32()), _FIRST_DAY)
    if pa.types.is_timestamp(values.type):
        first = _FIRST_MOMENT if values.type.tz else _FIRST_MOMENT.replace(tzinfo=None)
        return pc.less(values, pa.scalar(first, values.type))
    return None


def _without(values: pa.ChunkedArray, is_wrong: pa.ChunkedArray | None, why: str, column: Column) -> pa.ChunkedArray:
    """The values unchanged or, if some are wrong, as text with the reason in place of the wrong ones."""
    if is_wrong is None or not pc.any(is_wrong).as_py():
        return values
    return pc.if_else(pc.fill_null(is_wrong, False), why, as_text(values, column))
