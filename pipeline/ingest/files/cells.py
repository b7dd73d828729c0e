"""Cells of a workbook as the text that a person sees, with a reason for cells whose value is lost."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import cache
from math import isfinite
from xml.etree.ElementTree import Element

from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import WINDOWS_EPOCH

from conf.schema.quarantine_reasons import ReasonCode
from pipeline.ingest.files.strings import plain, unescaped
from pipeline.ingest.files.workbook import Workbook
from pipeline.ingest.files.workbook_parts import tag
from pipeline.ingest.text_chunks import REPLACEMENT

_DIGITS = 15  # digits of a number that Excel stores
_VALUE, _FORMULA, _INLINE = map(tag, ("v", "f", "is"))
_DAY_MS = 86_400_000
_NO_DAY = 60  # Excel counts 1900 as a leap year: its day 60 didn't exist, and days before it count from a day later

Value = tuple[str, ReasonCode | None]


def column_of(cell: Element) -> int | None:
    """The number of a cell's column; None if it is the column after that of the cell before."""
    return _column(cell.get("r", "").rstrip("0123456789"))


@cache
def _column(letters: str) -> int | None:
    return column_index_from_string(letters) if letters else None


def value_of(cell: Element, book: Workbook) -> Value:
    """A cell as text, with a reason if its row must be set aside because of it.

    Raises:
        ValueError, LookupError: the cell doesn't have a form that Excel writes.
    """
    kind, text = cell.get("t", "n"), cell.findtext(_VALUE)
    if kind == "inlineStr":
        inline = cell.find(_INLINE)
        return ("" if inline is None else plain(inline)), None
    if not text and (text is None or kind == "n") and cell.find(_FORMULA) is not None:  # never computed
        return REPLACEMENT, ReasonCode.ERROR_CELL
    if not text:
        return "", None
    if kind == "e":
        return text + REPLACEMENT, ReasonCode.ERROR_CELL
    if kind == "s":
        return book.strings[int(text)], None
    if kind == "b":
        return ("true" if text in ("1", "true") else "false"), None
    if kind == "n":
        return _number(float(text), int(cell.get("s", 0)), book)
    return unescaped(text), None


def _number(number: float, style: int, book: Workbook) -> Value:
    """A number as a date, or with the digits that Excel stores, or with the leading zeros of the cell's format."""
    if not isfinite(number):
        raise ValueError("no number")
    if style in book.styles.dates:
        return _moment(number, style in book.styles.times, book.epoch)
    if abs(number) >= 10**_DIGITS:
        whole = f"{abs(number):.0f}"
        return whole[:_DIGITS] + REPLACEMENT * (len(whole) - _DIGITS), ReasonCode.LOST_DIGITS
    text = f"{number:.{_DIGITS}g}"
    if "e" in text:
        text = f"{Decimal(text):f}"
    return (text.zfill(book.styles.digits.get(style, 0)) if text.isdecimal() else text), None


def _moment(number: float, is_time: bool, epoch: datetime) -> Value:
    """A number of days as a moment, a day or a time of day; for other numbers Excel shows ####."""
    day, fraction = divmod(number, 1)
    clock = timedelta(milliseconds=round(fraction * _DAY_MS))
    by_1900 = epoch == WINDOWS_EPOCH
    if number < 0 or (by_1900 and day == _NO_DAY):
        return REPLACEMENT, ReasonCode.ERROR_CELL
    if number < 1 and (by_1900 or is_time):
        return (datetime.min + clock).time().isoformat(), None
    try:
        moment = epoch + timedelta(days=day + (by_1900 and day < _NO_DAY)) + clock
    except OverflowError:
        return REPLACEMENT, ReasonCode.ERROR_CELL
    return (moment.date() if moment.time() == time() else moment).isoformat(), None
