"""Excel workbooks as offices send them: one sheet, as rows of text.

The first row that isn't empty, after the skipped ones, has the names of the columns; empty rows are left out. Hidden
rows are read, because a filter may hide valid rows. A formula has the value of the last save. A row is set aside if a
value of it is lost: digits that Excel hasn't stored, an error such as #REF!, or a value that a merged cell shows for
several rows and stores only for the first. Such a value gets the replacement character, so that no release accepts it.
"""

import csv
import io
import struct
import zlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from xml.etree.ElementTree import Element, ParseError
from zipfile import BadZipFile

import pyarrow as pa
from openpyxl.utils.cell import range_boundaries

from conf.schema.contract import Column
from conf.schema.errors import PartnerError
from conf.schema.identifiers import BLANKS
from conf.schema.quarantine_reasons import ReasonCode
from conf.schema.source import Asset
from pipeline.ingest.files.cells import Value, column_of, value_of
from pipeline.ingest.files.workbook import Workbook, opened
from pipeline.ingest.files.workbook_parts import tag
from pipeline.ingest.text_chunks import CHUNK_BYTES, CHUNK_ROWS, REPLACEMENT, Chunk, unique

_MAX_ROWS, _MAX_COLUMNS = 1_048_576, 16_384
_ROW, _CELL, _MERGED = map(tag, ("row", "c", "mergeCell"))
# errors that damaged zip files and XML cause, here and in openpyxl
_DAMAGE = (
    *(ArithmeticError, AttributeError, BadZipFile, EOFError, LookupError, ParseError),
    *(OSError, RuntimeError, TypeError, ValueError, struct.error, zlib.error),
)


def header(path: str, asset: Asset) -> tuple[list[str], int]:
    """The names of the columns, and the number of other visible sheets.

    Raises:
        PartnerError: the workbook can't be read.
    """
    with _book(path, asset) as book:
        return list(_names(_filled(book, asset)).values()), book.others


def values(path: str, asset: Asset, names: Collection[str]) -> Iterator[tuple[str, object]]:
    """(name, value) of undeclared columns.

    Raises:
        PartnerError: the workbook can't be read.
    """
    with _book(path, asset) as book:
        filled = _filled(book, asset)
        called = {column: name for column, name in _names(filled).items() if name in names}
        for _, cells in filled:
            yield from ((called[column], text) for column, (text, _) in cells.items() if column in called)


def rows(path: str, asset: Asset, ours: dict[str, Column]) -> Iterator[Chunk]:
    """Rows of a workbook.

    Args:
        path: the file.
        asset: declaration of its form.
        ours: the partner's name → declared column; only these columns can set a row aside.

    Raises:
        PartnerError: the workbook can't be read.
    """
    with _book(path, asset) as book:
        filled = _filled(book, asset)
        names = _names(filled)
        ours_at = {column: name for column, name in names.items() if name in ours}
        merged = _merged(book, ours_at)
        waiting = _Waiting(list(ours_at.values()))
        for number, cells in filled:
            if cells.keys() <= names.keys():
                waiting.add(_record(number, cells, ours_at, merged))
            else:
                waiting.set_aside(_line(cells))
            if waiting.rows >= CHUNK_ROWS or waiting.bytes >= CHUNK_BYTES:
                yield from waiting.chunks()
                waiting = _Waiting(waiting.names)
        yield from waiting.chunks()


@contextmanager
def _book(path: str, asset: Asset) -> Iterator[Workbook]:
    try:
        with open(path, "rb") as file:
            yield opened(file, asset.sheet)
    except _DAMAGE as error:
        raise PartnerError(
            f"it isn't a complete xlsx ({type(error).__name__}); it was cut off or damaged, ask for it again"
        ) from None


@dataclass
class _Waiting:
    """Rows that are collected for the next chunk, by the reason for setting them aside (None if there is none)."""

    names: list[str]
    records: dict[ReasonCode | None, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    lines: list[str] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0

    def add(self, record: tuple[dict[str, str], ReasonCode | None]) -> None:
        values, reason = record
        self.records[reason].append(values)
        self._count(sum(map(len, values.values())))

    def set_aside(self, line: str) -> None:
        self.lines.append(line)
        self._count(len(line))

    def chunks(self) -> Iterator[Chunk]:
        for reason, records in self.records.items():
            yield pa.table({n: pa.array([r.get(n) for r in records], pa.string()) for n in self.names}), reason
        yield self.lines, ReasonCode.RAGGED_ROW

    def _count(self, size: int) -> None:
        self.rows, self.bytes = self.rows + 1, self.bytes + size


# rows and cells -----------------------------------------------------------------------------------------------------


def _filled(book: Workbook, asset: Asset) -> Iterator[tuple[int, dict[int, Value]]]:
    """Numbers of the rows that aren't empty, from the header on, with their values by column."""
    number = 0
    for row in book.each(_ROW):
        below, number = number, int(row.get("r", number + 1))
        if not below < number <= _MAX_ROWS:
            raise ValueError("rows out of order")
        if number > asset.skip_rows and (cells := dict(_cells(row, book))):
            yield number, cells


def _cells(row: Element, book: Workbook) -> Iterator[tuple[int, Value]]:
    column = 0
    for cell in row.findall(_CELL):
        before, column = column, column_of(cell) or column + 1
        if not before < column <= _MAX_COLUMNS:
            raise ValueError("cells out of order")
        value = value_of(cell, book)
        if value[0].strip(BLANKS):
            yield column, value


def _names(filled: Iterator[tuple[int, dict[int, Value]]]) -> dict[int, str]:
    """The header, by column."""
    _, cells = next(filled, (0, {}))
    if not cells:
        raise PartnerError("its sheet is empty, it has not even a header; ask for it again")
    names = {column: text.strip(BLANKS) for column, (text, _) in cells.items()}
    unique(list(names.values()))
    return names


def _record(
    number: int, cells: dict[int, Value], ours_at: dict[int, str], merged: dict[int, "_Spans"]
) -> tuple[dict[str, str], ReasonCode | None]:
    """A row's values by name, and the reason for setting it aside, if any."""
    reached = {column: (REPLACEMENT, ReasonCode.MERGED_CELL) for column, spans in merged.items() if number in spans}
    cell_of = {name: (cells | reached).get(column, ("", None)) for column, name in ours_at.items()}
    reason = next((reason for _, reason in cell_of.values() if reason), None)
    return {name: text for name, (text, _) in cell_of.items() if text}, reason


def _line(cells: dict[int, Value]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(text for text, _ in cells.values())
    return line.getvalue()


# merged cells -------------------------------------------------------------------------------------------------------


class _Spans:
    """Rows of one column that merged cells extend into from above."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._firsts = [first for first, _ in ordered]
        self._lasts = list(accumulate((last for _, last in ordered), max))

    def __contains__(self, row: int) -> bool:
        place = bisect_right(self._firsts, row)
        return place > 0 and row <= self._lasts[place - 1]


def _merged(book: Workbook, columns: Iterable[int]) -> dict[int, _Spans]:
    """Column → rows whose value a merged cell stores only for the row above."""
    spans_of: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for count, merged in enumerate(book.each(_MERGED) if book.mentions(b"mergeCell") else ()):
        if count > _MAX_ROWS:
            raise ValueError("more merged cells than rows")
        left, top, right, bottom = range_boundaries(merged.get("ref") or "")
        if left is None or top is None or right is None or bottom is None:
            raise ValueError("a merged range without an end")
        if top < bottom:
            for column in columns:
                if left <= column <= right:
                    spans_of[column].append((top + 1, bottom))
    return {column: _Spans(spans) for column, spans in spans_of.items()}
