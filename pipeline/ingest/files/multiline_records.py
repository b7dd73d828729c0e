"""Records of several lines: whether they are one, or several that a quote too many has made one.

Delimiters tell it where the lines that a quote has swallowed are whole rows. Where one of them is a field short, what
the contract asks of its columns does: a line that begins as a row does is the beginning of a row, and no text.
"""

import re
from collections.abc import Callable, Sequence

from conf.schema.contract import Column
from conf.schema.identifiers import FORMATS, is_resident_id, normalised, plain_number

LINE_BREAK = re.compile(r"\r\n|\r|\n")
_ENOUGH = 2  # points, see `Columns`
_ANY_TEXT = "any text, 文字"  # a pattern that allows it tells nothing
_GRAMMAR = {
    "date": r"[12][0-9]{3}-[0-9]{1,2}-[0-9]{1,2}(?:[T ].*)?",
    "timestamp": r"[12][0-9]{3}-[0-9]{1,2}-[0-9]{1,2}(?:[T ].*)?",
    **dict.fromkeys(("int", "long", "decimal", "double"), r"[+-]?[0-9]+(?:\.[0-9]*)?"),
    "boolean": r"(?i:true|false|yes|no|[tfyn01是否])",
}

# how many points a value that fits its column has, and whether a value fits
Evidence = tuple[int, Callable[[str], bool]]


def columns_of(names: Sequence[str], ours: dict[str, Column]) -> list[Evidence | None]:
    """What each column of a file asks of its values, None where it may hold any text.

    Args:
        ours: columns of the contract by the partner's names.
    """
    return [_evidence(ours[name]) if name in ours else None for name in names]


def spans_lines(cells: Sequence[str], width: int, delimiter: str, columns: Sequence[Evidence | None] = ()) -> bool:
    """Whether a record of several lines is one.

    It always is where its values hold fewer delimiters than a row has, and none of their lines begins as a row does.

    Args:
        columns: of the file, as far as they are known.
    """
    counts = [line.count(delimiter) for line in LINE_BREAK.split(delimiter.join(cells))]
    is_several = counts.count(width - 1) > 1 or any(
        _holds_rows(cell, n, width, delimiter) or _holds_part(cell, n, delimiter, columns)
        for n, cell in enumerate(cells)
        if LINE_BREAK.search(cell)
    )
    return len(cells) == width and not is_several


def _holds_rows(value: str, before: int, width: int, delimiter: str) -> bool:
    """Whether a value holds whole rows, or the end of one and the beginning of another.

    The lines that a quote too many has swallowed have as many delimiters as a row, or more where a value that was meant
    to be quoted has some of its own. Without one of them between, the first line has as many as follow in its row, and
    the last as many as go before.

    Args:
        before: how many values go before it in its record.
        width: how many a record has.
    """
    first, *between, last = [line.count(delimiter) for line in LINE_BREAK.split(value)]
    return any(n >= width - 1 for n in between) or (before + first >= width - 1 and last >= before)


def _holds_part(value: str, before: int, delimiter: str, columns: Sequence[Evidence | None]) -> bool:
    """Whether a value holds a row that is a field short, or the beginning of one after the end of a short one."""
    first, *between, last = [line.split(delimiter) for line in LINE_BREAK.split(value)]
    # its last field is this very value's, or stands for it where the row is short of another
    begun = (last[:before], columns[:before]) if len(last) > before else (last, columns[: before + 1])
    parts = [(first, columns[before:]), *((line, columns) for line in between), begun]
    return any(_points(fields, of) >= _ENOUGH for fields, of in parts)


def _points(fields: Sequence[str], columns: Sequence[Evidence | None]) -> int:
    """How much tells that fields are those of columns, of which one may be missing; 0 where one of them doesn't fit."""
    if len(fields) == len(columns):
        return _fitting(fields, columns)
    if len(fields) != len(columns) - 1:
        return 0
    return max(_fitting(fields, [*columns[:gap], *columns[gap + 1 :]]) for gap in range(len(columns)))


def _fitting(fields: Sequence[str], columns: Sequence[Evidence | None]) -> int:
    pairs = [(field.strip(), each) for field, each in zip(fields, columns, strict=True) if each and field.strip()]
    return sum(points for _, (points, _) in pairs) if all(fits(field) for field, (_, fits) in pairs) else 0


def _evidence(column: Column) -> Evidence | None:
    """A number that is checked tells more than a date, for dates and amounts stand in texts too."""
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
