"""Finds the null tokens of a file, such as `NA`, and columns in which they are a code of a country or region."""

import re
from collections.abc import Sequence

from pipeline.drafting import header_words

TOKENS = ("NA", "N/A", "n/a", "NULL", "null", "None", "NaN", "nan", "?", "-", ".", "#N/A")
NAMIBIA = "NA"  # also North America
_CODE = re.compile("[A-Z]{2}")
_PLACE = re.compile(
    r"(?:^|_)(?:country|nation|nationality|region|continent|land|pays|pais)(?:_|$)|国家|国别|国籍|地区|洲$"
)


def tokens(headers: Sequence[str], columns: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The known null tokens in a file; without `NA` if it occurs only in columns of codes of places.

    Args:
        headers: headers of the file.
        columns: cells of each column.
    """
    there = {cell for cells in columns for cell in cells} & {*TOKENS}
    having = {header for header, cells in zip(headers, columns, strict=True) if NAMIBIA in cells}
    return tuple(sorted(there - ({NAMIBIA} if having and having <= {*coded(headers, columns)} else set())))


def coded(headers: Sequence[str], columns: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Headers of columns in which `NA` may be a code: named after countries or regions, with two-letter values."""
    return tuple(
        header
        for header, cells in zip(headers, columns, strict=True)
        if NAMIBIA in cells and _PLACE.search(header_words.plain(header)) and _is_coded({*cells} - {"", *TOKENS})
    )


def _is_coded(values: set[str]) -> bool:
    return bool(values) and all(_CODE.fullmatch(value) for value in values)
