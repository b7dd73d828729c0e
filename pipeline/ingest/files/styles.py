"""Styles of a workbook's cells: which of them show a number as a date, or with leading zeros."""

import re
from dataclasses import dataclass, field

from openpyxl.styles.numbers import BUILTIN_FORMATS, STRIP_RE, is_date_format, is_timedelta_format

from pipeline.ingest.files.workbook_parts import OTHER_BYTES, Parts, tag

# numbers of date and time formats that Chinese, Japanese and Korean Excel uses without a text (ECMA-376, 18.8.30)
_EAST_ASIAN_DATES = {*range(27, 37), *range(50, 59)}
_NOUGHTS = re.compile("0{2,30}")
_DAY = re.compile("[ydeYDE]")


@dataclass(frozen=True)
class Styles:
    """The display of numbers, by the number of their style.

    Attributes:
        dates: styles that show a date or a time.
        times: styles among these that show no day.
        digits: style with leading zeros, such as `000000` for a code → number of its digits.
    """

    dates: frozenset[int] = frozenset()
    times: frozenset[int] = frozenset()
    digits: dict[int, int] = field(default_factory=dict)


def read(archive: Parts, name: str) -> Styles:
    """The styles in a part of the workbook."""
    formats = BUILTIN_FORMATS | dict.fromkeys(_EAST_ASIAN_DATES, "yyyy")
    for each in archive.each(name, tag("numFmt"), OTHER_BYTES):
        formats.setdefault(int(each.get("numFmtId") or ""), each.get("formatCode") or "")
    cells = next(archive.each(name, tag("cellXfs"), OTHER_BYTES), ())
    shown = dict(enumerate(formats.get(int(each.get("numFmtId", 0))) or "" for each in cells))
    dates = frozenset(n for n, form in shown.items() if is_date_format(form) and not is_timedelta_format(form))
    return Styles(
        dates=dates,
        times=frozenset(n for n in dates if not _DAY.search(STRIP_RE.sub("", shown[n]))),
        digits={n: len(form) for n, form in shown.items() if _NOUGHTS.fullmatch(form)},
    )
