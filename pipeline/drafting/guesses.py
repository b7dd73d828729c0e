"""Guesses of a file's columns from their values. A guess is never certain, and is marked as a guess."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from slugify import slugify

from pipeline.drafting import header_words, numbers, persons

MOST_VALUES = 20  # most distinct values of a column whose values are listed
_TRUE, _FALSE = {"true", "t", "yes", "y", "是"}, {"false", "f", "no", "n", "否"}
# forms of dates: (pattern of a contract, pattern of Python); of two that fit, the first is used
_DAYS = (
    (None, "%Y-%m-%d"),
    ("yyyy/M/d", "%Y/%m/%d"),
    ("yyyyMMdd", "%Y%m%d"),
    ("d.M.yyyy", "%d.%m.%Y"),
    ("d/M/yyyy", "%d/%m/%Y"),
    ("M/d/yyyy", "%m/%d/%Y"),
    ("d-MMM-yy", "%d-%b-%y"),
    ("d-MMM-yyyy", "%d-%b-%Y"),
)
_MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ")
_EIGHT = re.compile(r"(?:19|20)[0-9]{6}")
_CODES = re.compile(
    r"(?:^|_)(?:cod|codigo|code|kod|kodu|plz|zip|zipcode|cep|postcode|[a-z]*(?:kennziffer|leitzahl))(?:_|$)|编码|代码|邮编"
)
_LEAST_CODE = 5  # least number of digits of a code in digits
_AFTERWARDS = re.compile(
    r"(?:^|_)(paid|payments?|balance|outstanding|recover\w*|charge\w*|default\w*|status|outcome|closed?|arrears?|dpd|ch[ar]*g|disburs\w*|"
    r"delinq\w*|overdue|late|settled|written|loss|ended)(?:_|$)|逾期|结清|违约|核销"
)


@dataclass(frozen=True)
class Guess:
    """A guess of one column.

    Attributes:
        name: new name of the column; `header` is its name in the file.
        type: type for the contract.
        parse: form of dates, if not ISO, or of numbers.
        values: distinct values, if they are few.
        is_whole: whether every row has a value.
        is_unique: whether no value occurs twice.
        identifies: why the column may identify a person; None if there is no sign of it.
        is_late: whether its name suggests that it is known only after the decision.
        is_doubtful: whether its values can also be read in another way.
    """

    header: str
    name: str
    type: str
    parse: str | None
    values: tuple[str, ...]
    is_whole: bool
    is_unique: bool
    identifies: str | None
    is_late: bool
    is_doubtful: bool = False

    @property
    def is_moment(self) -> bool:
        return self.type in ("date", "timestamp")

    @property
    def is_number(self) -> bool:
        return self.type in ("int", "long") or self.type.startswith("decimal")


def columns(headers: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str = ",") -> list[Guess]:
    """A guess for each column of a file; in its rows, null tokens are empty already."""
    cells = [[row[i] for row in rows] for i in range(len(headers))]
    has_comma = numbers.has_decimal_comma(({*each} - {""} for each in cells), delimiter)
    return [_guess(*each, has_comma) for each in zip(headers, named(headers), cells, strict=True)]


def named(headers: Sequence[str]) -> list[str]:
    """Distinct names for columns, in lower-case Latin letters and digits, without words of SQL or of the lake.

    Other scripts are transliterated, Chinese in pinyin.
    """
    taken: set[str] = set()
    return [_name(header, number, taken) for number, header in enumerate(headers, 1)]


_RESERVED = re.compile(
    "all|and|any|as|asc|between|by|case|cast|column|cross|date|day|default|desc|distinct|drop|else|end|except|exists|"
    "false|for|from|full|group|having|hour|if|in|inner|interval|into|is|join|key|left|like|limit|long|minute|month|not|"
    "null|of|on|or|order|outer|right|rows|second|select|set|some|start|table|then|time|timestamp|to|true|union|unique|"
    "user|using|values|when|where|with|year|subject_key|consent_id|event_time|known_at|record_key|application_id|as_of|"
    "label_status|is_bad|no|yes|off"
)


def _name(header: str, number: int, taken: set[str]) -> str:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", header.strip())
    name = slugify(parted, separator="_")[:60].strip("_") or f"column_{number}"
    name = name if name[0].isalpha() else f"c_{name}"
    name = f"{name}_value" if _RESERVED.fullmatch(name) else name
    while name in taken:
        name += f"_{number}"
    taken.add(name)
    return name


def _guess(header: str, name: str, cells: list[str], has_comma: bool) -> Guess:
    values = [cell for cell in cells if cell]
    distinct = set(values)
    kind, parse, is_doubtful = ("string", None, False) if _is_code(header, distinct) else _type(distinct, has_comma)
    few = kind == "string" and len(distinct) <= MOST_VALUES and len(values) >= 5 * len(distinct)
    return Guess(
        header=header,
        name=name,
        type=kind,
        parse=parse,
        values=tuple(sorted(distinct)) if few else (),
        is_whole=len(values) == len(cells),
        is_unique=len(distinct) == len(values) > 0,
        identifies=persons.why(name, header, distinct, kind),
        is_late=bool(_AFTERWARDS.search(name) or _AFTERWARDS.search(header)),
        is_doubtful=is_doubtful,
    )


def _is_code(header: str, values: Collection[str]) -> bool:
    """Whether values are codes in digits, of a place say, and no numbers: named so, and all of one length."""
    if not _CODES.search(header_words.plain(header)) or not all(value.isdecimal() for value in values):
        return False
    lengths = {len(value) for value in values}
    return len(lengths) == 1 and min(lengths) >= _LEAST_CODE


def _type(values: Collection[str], has_comma: bool) -> tuple[str, str | None, bool]:
    if not values:
        return "string", None, False
    if all(_EIGHT.fullmatch(value) for value in values) and (day := _day(values)):
        return *day, False
    if number := numbers.guess(values, has_comma):
        return number
    if {value.lower() for value in values} <= _TRUE | _FALSE:
        return "boolean", None, False
    kind, pattern = _day(values) or ("string", None)
    return kind, pattern, pattern == "d/M/yyyy" and all(_is_read(value, "%m/%d/%Y") for value in values)


def _day(values: Collection[str]) -> tuple[str, str | None] | None:
    for pattern, form in _DAYS:
        if all(_is_read(value, form) for value in values):
            return "date", pattern
    if all(any(_is_read(value, form) for form in _MOMENTS) for value in values):
        return "timestamp", None
    return None


def _is_read(value: str, form: str) -> bool:
    try:
        return 1900 <= datetime.strptime(value, form).year <= 2100
    except ValueError:
        return False
