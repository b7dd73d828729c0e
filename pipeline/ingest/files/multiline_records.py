"""Checks whether a record of several lines is really one, or several rows that one quote too many has joined.

If the joined lines are whole rows, their number of delimiters shows it. If one of them lacks a field, the contract's
conditions on columns show it: a line that begins like a row is a row, and not part of a text.
"""

import re
from collections.abc import Callable, Sequence

from conf.schema.contract import Column
from conf.schema.identifiers import FORMATS, is_resident_id, normalised, plain_number

LINE_BREAK = re.compile(r"\r\n|\r|\n")
_ENOUGH = 2  # least number of points for a row
_ANY_TEXT = "any text, 文字"  # a pattern that matches this is no evidence
_GRAMMAR = {
    "date": r"[12][0-9]{3}-[0-9]{1,2}-[0-9]{1,2}(?:[T ].*)?",
    "timestamp": r"[12][0-9]{3}-[0-9]{1,2}-[0-9]{1,2}(?:[T ].*)?",
    **dict.fromkeys(("int", "long", "decimal", "double"), r"[+-]?[0-9]+(?:\.[0-9]*)?"),
    "boolean": r"(?i:true|false|yes|no|[tfyn01是否])",
}

# (points for a value that fits its column, function that says whether a value fits)
Evidence = tuple[int, Callable[[str], bool]]


def columns_of(names: Sequence[str], ours: dict[str, Column]) -> list[Evidence | None]:
    """The conditions of each column of a file on its values; None if it allows any text.

    Args:
        ours: the partner's name → declared column.
    """
    return [_evidence(ours[name]) if name in ours else None for name in names]


def spans_lines(cells: Sequence[str], width: int, delimiter: str, columns: Sequence[Evidence | None] = ()) -> bool:
    """Whether a record of several lines is really one record.

    It always is if its values have fewer delimiters than a row, and none of their lines begins like a row.

    Args:
        columns: conditions of the file's columns, as far as they are known.
    """
    counts = [line.count(delimiter) for line in LINE_BREAK.split(delimiter.join(cells))]
    is_several = counts.count(width - 1) > 1 or any(
        _holds_rows(cell, n, width, delimiter) or _holds_part(cell, n, delimiter, columns)
        for n, cell in enumerate(cells)
        if LINE_BREAK.search(cell)
    )
    return len(cells) == width and not is_several


def _holds_rows(value: str, before: int, width: int, delimiter: str) -> bool:
    """Whether a value contains whole rows, or the end of one row and the beginning of another.

    Whole lines joined by a quote have as many delimiters as a row, or more if a value that should be quoted has some of
    its own. Without a whole line between, the first line has the delimiters after this value in its row, and the last
    line those before it.

    Args:
        before: number of values before it in its record.
        width: number of values in a record.
    """
    first, *between, last = [line.count(delimiter) for line in LINE_BREAK.split(value)]
    return any(n >= width - 1 for n in between) or (before + first >= width - 1 and last >= before)


def _holds_part(value: str, before: int, delimiter: str, columns: Sequence[Evidence | None]) -> bool:
    """Whether a value contains a row that lacks a field, or the beginning of a row after the end of such a row."""
    first, *between, last = [line.split(delimiter) for line in LINE_BREAK.split(value)]
    # its last field is the begin of this value or, if the row lacks an earlier field, stands in this column
    begun = (last[:before], columns[:before]) if len(last) > before else (last, columns[: before + 1])
    parts = [(first, columns[before:]), *((line, columns) for line in between), begun]
    return any(_points(fields, of) >= _ENOUGH for fields, of in parts)


def _points(fields: Sequence[str], columns: Sequence[Evidence | None]) -> int:
    """Points for the evidence that fields belong to columns, of which one may be missing; 0 if a field doesn't fit."""
    if len(fields) == len(columns):
        return _fitting(fields, columns)
    if len(fields) != len(columns) - 1:
        return 0
    return max(_fitting(fields, [*columns[:gap], *columns[gap + 1 :]]) for gap in range(len(columns)))


def _fitting(fields: Sequence[str], columns: Sequence[Evidence | None]) -> int:
    pairs = [(field.strip(), each) for field, each in zip(fields, columns, strict=True) if each and field.strip()]
    return sum(points for _, (points, _) in pairs) if all(fits(field) for field, (_, fits) in pairs) else 0


def _evidence(column: Column) -> Evidence | None:
    """The evidence of a column; a checked number counts more than a date, because texts have dates and amounts, too."""
    form = plain_number if column.pseudonym else normalised if column.identifier == "resident_id" else str
    if column.identifier == "resident_id" or column.format in FORMATS:
        check = FORMATS.get(column.format or "", is_resident_id)
        return 2, lambda value: check(form(value) or "")
    if column.pattern and not re.search(column.pattern, _ANY_TEXT):
        pattern = re.compile(column.pattern, re.ASCII)
        return 2, lambda value: bool(pattern.search(form(value) or ""))
    if values := column.values:
        return 1, lambda value: value in values
    if column.parse or column.type == "string":
        return None
    grammar = re.compile(_GRAMMAR[column.type.split("(")[0]])
    return 1, lambda value: bool(grammar.fullmatch(value))
