"""Makes Arrow tables with a contract's columns from numpy columns, and their values as text."""

import re
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from conf.schema.contract import Contract
from sandbox.county.scope import AHEAD

_PLAIN = {
    "string": pa.string(),
    "int": pa.int32(),
    "long": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
}


def arrow_type(declared: str) -> pa.DataType:
    """Arrow type of a contract's column type."""
    if match := re.fullmatch(r"decimal\((\d+),\s?(\d+)\)", declared):
        return pa.decimal128(int(match[1]), int(match[2]))
    return _PLAIN[declared]


def table(contract: Contract, records: dict[str, np.ndarray]) -> pa.Table:
    """Typed table with exactly the contract's columns, in its order.

    Raises:
        KeyError: a column of the contract is missing from the records.
    """
    types = {name: arrow_type(column.type) for name, column in contract.columns.items()}
    return pa.table({name: _array(records[name], kind) for name, kind in types.items()})


def _array(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    if isinstance(kind, pa.Decimal128Type):
        return _decimals(values, kind)
    if pa.types.is_timestamp(kind):
        return instants(values)
    if pa.types.is_date(kind):
        return pa.array(values.astype("datetime64[D]"))
    if pa.types.is_string(kind):
        return _strings(values)
    return pa.array(values).cast(kind)


def instants(values: np.ndarray) -> pa.Array:
    """Moments in the county's time zone, converted to instants in UTC."""
    return pa.array(values.astype("datetime64[us]") - AHEAD).cast(_PLAIN["timestamp"])


def _strings(values: np.ndarray) -> pa.Array:
    """An array of strings; each distinct string is encoded only once, which makes a million bookings fast."""
    if len(values) < 10_000:
        return pa.array(values.tolist(), pa.string())
    distinct, index = np.unique(values, return_inverse=True)
    return pa.array(distinct.tolist(), pa.string()).take(pa.array(index))


def _decimals(values: np.ndarray, kind: pa.Decimal128Type) -> pa.Array:
    """Exact decimals from floats, rounded to the scale: little-endian 128-bit integers, built in place; NaN is null."""
    missing = np.isnan(values.astype(float))
    words = np.empty((len(values), 2), np.int64)
    words[:, 0] = np.round(np.where(missing, 0, values).astype(float) * 10**kind.scale)
    words[:, 1] = words[:, 0] >> 63
    exact = pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(words)])
    return pc.if_else(pa.array(missing), pa.scalar(None, kind), exact) if missing.any() else exact


def text_columns(rows: pa.Table) -> list[pa.Array]:
    """Every column as text: ISO dates, `2024-05-06T07:08:09Z` for instants, `true` and `false`, empty for null."""
    return [pc.fill_null(_text(column.combine_chunks()), "") for column in rows.columns]


def _text(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column.cast(pa.timestamp("s", "UTC")), "%Y-%m-%dT%H:%M:%SZ")
    return column.cast(pa.string())


def text(value: object) -> str:
    """One value as text, like `text_columns`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else str(value)


def natural(value: object) -> object:
    """One value for JSON: numbers and booleans stay unchanged, dates become text."""
    if isinstance(value, Decimal):
        return float(value)
    return text(value) if isinstance(value, date) else value
