"""Checks of values that admission makes opaque, as tokens or sealed; they can't be checked afterwards.

The reason of a row is its first fault: columns are checked in the order of the contract, each for being present, for
being a number, and for the contract's own conditions.
"""

import re
from collections.abc import Callable, Iterator
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf.schema import contract
from conf.schema.contract import Contract
from conf.schema.identifiers import FORMATS, FULL_WIDTH, GROUPING, HALF_WIDTH, INVISIBLE
from conf.schema.identifiers import is_dirty_number as is_dirty
from conf.schema.identifiers import is_number_as_float as is_float
from conf.schema.quarantine_reasons import ReasonCode
from expectations.checks import of_content, predicate
from expectations.identifiers import is_dirty_number, is_number_as_float, normalised, plain_number
from expectations.typed import text

_GAP = f"[{GROUPING}]{{0,2}}"
# region, year, month, day, sequence number and check character, with the usual separators
SPACED_ID = _GAP.join(
    [
        *("[1-9]", *["[0-9]"] * 5, f"(?:1{_GAP}[89]|2{_GAP}[0-9])", "[0-9]", "[0-9]"),
        *(f"(?:0{_GAP}[1-9]|1{_GAP}[0-2])", f"(?:0{_GAP}[1-9]|[12]{_GAP}[0-9]|3{_GAP}[01])"),
        *("[0-9]", "[0-9]", "[0-9]", "[0-9X]"),
    ]
)
# mobile numbers of mainland China, with or without country code
MOBILE = rf"(?:^|[^0-9A-Za-z])(?:\+?86{_GAP})?1[3-9][0-9]{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}(?:[^0-9]|\z)"
ID_LENGTH, MOMENT_LENGTH = 18, 32  # in characters; 2024-01-05T08:00:00.123456+08:00 has 32
_FORMS = {"resident_id": normalised, "phone": plain_number, "card": plain_number}


def with_plain(rows: DataFrame, entry: Contract) -> DataFrame:
    """Add the canonical form of values that become opaque, beside the received ones."""
    forms = {_name(name): _form(column)(F.col(name)) for name, column in _opaque(entry).items()}
    return rows.withColumns(forms) if forms else rows


def plain(name: str) -> Column:
    """A column in canonical form, which is checked and made a token; `with_plain` adds it."""
    return F.col(_name(name))


def fault(entry: Contract) -> Column:
    """Reason code of a row's first fault; null if it has none."""
    faults = [(fails, code) for name, column in _opaque(entry).items() for fails, code in _faults(name, column)]
    if shown := [_long(name, column) for name, column in entry.stored.items() if not column.is_opaque]:
        faults.append((_holds_id(F.concat_ws("|", *shown)), ReasonCode.IDENTIFIER_IN_CLEAR))
    if texts := [F.col(name) for name, column in entry.stored.items() if _is_free_text(name, column, entry)]:
        faults.append((_half_width(F.concat_ws("|", *texts)).rlike(MOBILE), ReasonCode.IDENTIFIER_IN_CLEAR))
    nothing = F.lit(None).cast("string")
    return reduce(lambda later, one: F.when(one[0], str(one[1])).otherwise(later), reversed(faults), nothing)


def _long(name: str, column: contract.Column) -> Column:
    """A value that is long enough to contain an ID number, else null; moments in their usual forms are left out."""
    value = F.col(name)
    is_long = F.length(value) >= ID_LENGTH
    if column.type in ("date", "timestamp"):
        is_moment = (F.substring(value, 5, 1) == "-") & (F.substring(value, 14, 1) == ":")
        is_long &= ~(is_moment & (F.length(value) <= MOMENT_LENGTH))
    return F.when(is_long, value)


def _holds_id(shown: Column) -> Column:
    return F.upper(_half_width(shown)).rlike(rf"(?:^|[^0-9]){SPACED_ID}(?:[^0-9]|\z)")


def _half_width(shown: Column) -> Column:
    return F.translate(F.regexp_replace(shown, f"[{INVISIBLE}]", ""), FULL_WIDTH, HALF_WIDTH)


def _is_free_text(name: str, column: contract.Column, entry: Contract) -> bool:
    """Whether a column has free text; in any other column, eleven digits may be a number other than a mobile one."""
    rules = (column.pattern, column.values, column.values_from, column.format, column.parse, column.references)
    return column.type == "string" and not column.is_opaque and not any(rules) and name not in entry.primary_key


def is_allowed(number: str, column: contract.Column) -> bool:
    """Whether a canonical number meets the conditions of its column; like `fault`, for one number that is entered."""
    return not (
        is_float(number)
        or is_dirty(number)
        or (column.values and number not in column.values)
        or (column.pattern and not re.search(column.pattern, number, re.ASCII))
        or (column.format and not FORMATS[column.format](number))
    )


def _opaque(entry: Contract) -> dict[str, contract.Column]:
    """The columns that become tokens, and the sealed ones with conditions."""
    return {
        name: column
        for name, column in entry.columns.items()
        # the subject's number has been checked by its kind; its column has no further condition here
        if column.identifier != "subject" and (column.pseudonym or (column.identifier and any(_faults(name, column))))
    }


def _faults(name: str, column: contract.Column) -> Iterator[tuple[Column, ReasonCode]]:
    if column.required:
        yield plain(name).isNull(), ReasonCode.MISSING_VALUE
    if column.pseudonym:
        yield is_number_as_float(plain(name)) | is_dirty_number(plain(name)), ReasonCode.BAD_FORMAT
    for check in of_content(_name(name), column):
        yield ~predicate(check), check.reason


def _form(column: contract.Column) -> Callable[[Column], Column]:
    return plain_number if column.pseudonym else _FORMS.get(column.identifier or "", text)


def _name(column: str) -> str:
    return f"_plain_{column}"
