"""Converts typed values to exact text, and checks whether their types fit the contract.

A value is never forced into a type that it doesn't fit: if its text can't be read as the declared type, that is a fault
of its row, found when all text is typed. Only digits that a float has lost are found here, because its text no longer
shows the loss.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from conf.schema.contract import Column
from conf.schema.quarantine_reasons import ReasonCode
from pipeline.ingest.text_chunks import REPLACEMENT, Chunk

_MANTISSA = {pa.float32(): 24, pa.float64(): 53}  # bits of a float's mantissa


def is_text(kind: pa.DataType) -> bool:
    """Whether values of a type are text, or bytes that should be text."""
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
# contract's type → kinds of Arrow types that fit; any other is a changed type. A frame with missing values writes whole
# numbers and truth values as floats. A number doesn't fit text, because it has lost its leading zeros.
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
    """Whether a type fits a column; a column without any value has no type and fits all."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_null(kind) or any(is_kind(kind) for is_kind in _KINDS[_declared(column)])


def as_chunks(rows: pa.Table, columns: dict[str, Column]) -> Iterator[Chunk]:
    """Rows as text; rows with a number that has lost digits are separate chunks.

    Args:
        rows: typed rows.
        columns: name → declared column.
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
    """Values as text; a float gets the fewest digits that distinguish it from its neighbours (0.1, not 0.1000…01).

    In text that isn't UTF-8, replacement characters take the place of invalid bytes.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        return as_text(values.cast(kind.value_type), column)
    if is_text(kind):
        return _utf8(values.cast(pa.binary()))
    if _is_float(kind) and _declared(column) in ("int", "long", "boolean"):  # floats because of missing values
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, kind), values)
    if pa.types.is_timestamp(kind) and kind.tz:
        return _zoned(values, is_day=_declared(column) == "date")
    text = values.cast(pa.string())
    return _positional(text) if _is_float(kind) or pa.types.is_decimal(kind) else text


def _declared(column: Column) -> str:
    return column.type.split("(")[0]


def _lost(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray | None:
    """Mask of floats too large to distinguish neighbouring numbers of the column; None if there can be none."""
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
    """Moments in UTC; if `is_day`, midnight in the writer's zone is a day in that zone."""
    if is_day:
        return pc.local_timestamp(values).cast(pa.string())
    # the zone is removed first; otherwise years beyond 32767 would be written wrongly
    return pc.binary_join_element_wise(values.cast(pa.timestamp(values.type.unit)).cast(pa.string()), "Z", "")


def _positional(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers written without an exponent, which the grammars of decimals and whole numbers don't allow."""
    has_exponent = pc.fill_null(pc.match_substring_regex(text, r"[0-9][eE]"), False)
    if not pc.any(has_exponent).as_py():
        return text
    spelt = [f"{Decimal(each):f}" for each in text.filter(has_exponent).to_pylist()]
    return pc.replace_with_mask(text.combine_chunks(), has_exponent.combine_chunks(), pa.array(spelt, pa.string()))
