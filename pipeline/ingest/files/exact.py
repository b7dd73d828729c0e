"""Typed values as the text that says exactly what they are, and whether they can be what a contract declares.

A value is never brought into a type that it doesn't fit: what its text can't be read as is a fault of its row, found
where all text is typed. Only digits that a float can't hold are found here, for its text no longer shows their loss.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from conf.schema.contract import Column
from conf.schema.quarantine_reasons import ReasonCode
from pipeline.ingest.text_chunks import REPLACEMENT, Chunk

_MANTISSA = {pa.float32(): 24, pa.float64(): 53}  # bits of a float that hold its digits


def is_text(kind: pa.DataType) -> bool:
    """Whether values of a type are text, or bytes that should be."""
    return any(
        test(kind)
        for test in (
            *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
            *(pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view),
        )
    )


def _is_float(kind: pa.DataType) -> bool:
    return kind in _MANTISSA


_WHOLE = (pa.types.is_integer, _is_float, pa.types.is_decimal)
_DAYS = (pa.types.is_date, pa.types.is_timestamp, is_text)
# Kinds of Arrow types that may stand for a contract's type; anything else is a changed type. A frame with gaps writes
# whole numbers and truths as floats. A number is no text: it has lost the zeros that it began with.
_KINDS: dict[str, tuple[Callable[[pa.DataType], bool], ...]] = {
    "string": (is_text,),
    "int": _WHOLE,
    "long": _WHOLE,
    "double": _WHOLE,
    "decimal": _WHOLE,
    "boolean": (pa.types.is_boolean, pa.types.is_integer, _is_float, is_text),
    "date": _DAYS,
    "timestamp": _DAYS,
}


def may_be(kind: pa.DataType, column: Column) -> bool:
    """Whether values of a type may stand for a column; a column without a value has no type, and may be any."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_null(kind) or any(is_kind(kind) for is_kind in _KINDS[_declared(column)])


def as_chunks(rows: pa.Table, columns: dict[str, Column]) -> Iterator[Chunk]:
    """Rows as text, apart from those that have a number with fewer digits than it should have.

    Args:
        rows: typed.
        columns: what each of their columns is declared as.
    """
    texts = {name: as_text(rows[name], columns[name]) for name in rows.column_names}
    is_lost = pa.chunked_array([pa.repeat(False, rows.num_rows)])
    for name in rows.column_names:
        if (lost := _lost(rows[name], columns[name])) is not None:
            texts[name] = pc.if_else(lost, pc.binary_join_element_wise(texts[name], REPLACEMENT, ""), texts[name])
            is_lost = pc.or_(is_lost, lost)
    table = pa.table(texts)
    yield table.filter(pc.invert(is_lost)), None
    if pc.any(is_lost).as_py():
        yield table.filter(is_lost), ReasonCode.LOST_DIGITS


def as_text(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """Values as text; a float is spelt with the fewest digits that tell it from its neighbours (0.1, not 0.1000…01).

    Text that is no UTF-8 has replacement characters in place of the bytes that aren't.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        return as_text(values.cast(kind.value_type), column)
    if is_text(kind):
        return _utf8(values.cast(pa.binary()))
    if _is_float(kind) and _declared(column) in ("int", "long", "boolean"):  # where a gap has made floats of them
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, kind), values)
    if pa.types.is_timestamp(kind) and kind.tz:
        return _zoned(values, is_day=_declared(column) == "date")
    text = values.cast(pa.string())
    return _positional(text) if _is_float(kind) or pa.types.is_decimal(kind) else text


def _declared(column: Column) -> str:
    return column.type.split("(")[0]


def _lost(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray | None:
    """Where a float is too large to tell a number from the next one of the column; None where none can be."""
    if not _is_float(values.type) or _declared(column) not in ("int", "long", "decimal"):
        return None
    scale = int(column.type.rstrip(")").rpartition(",")[2]) if _declared(column) == "decimal" else 0
    size = pc.abs(values.cast(pa.float64()))
    too_large = pc.greater_equal(size, 2.0 ** _MANTISSA[values.type] / 10**scale)
    return pc.fill_null(pc.and_(too_large, pc.is_finite(size)), False)


def _utf8(values: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        decoded = (None if each is None else each.decode(errors="replace") for each in values.to_pylist())
        return pa.chunked_array([pa.array(decoded, pa.string())])


def _zoned(values: pa.ChunkedArray, is_day: bool) -> pa.ChunkedArray:
    """Moments in UTC; midnight in a zone of the writer's is a day there."""
    if is_day:
        return pc.local_timestamp(values).cast(pa.string())
    # without its zone first: years beyond 32767 would be written as others otherwise
    return pc.binary_join_element_wise(values.cast(pa.timestamp(values.type.unit)).cast(pa.string()), "Z", "")


def _positional(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers without an exponent, which no grammar of decimals and whole numbers takes."""
    has_exponent = pc.fill_null(pc.match_substring_regex(text, r"[0-9][eE]"), False)
    if not pc.any(has_exponent).as_py():
        return text
    spelt = [f"{Decimal(each):f}" for each in text.filter(has_exponent).to_pylist()]
    return pc.replace_with_mask(text.combine_chunks(), has_exponent.combine_chunks(), pa.array(spelt, pa.string()))
