"""The allowed values of a column's `parse`, which says how a partner writes a value if not in ISO 8601.

A date pattern has Spark's letters: https://spark.apache.org/docs/latest/sql-ref-datetime-pattern.html
"""

import re

_NUMBERS = ("decimal", "double", "int", "long")
KINDS = {"words": ("string",), "hex": ("string",), "money": _NUMBERS, "decimal_comma": _NUMBERS}
# (grammar of the whole text, signs that aren't part of the number). A group of three digits never follows a single
# zero, so `0,125` doesn't match, and a decimal comma stays
MONEY = r"-?[$¥￥]?-?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
MONEY_SIGNS = "[$¥￥,]"
_BLANK = " \u00a0\u202f"
DECIMAL_COMMA = (
    f"[+-]?(?:€[{_BLANK}]?)?(?:[1-9][0-9]{{0,2}}(?:[.{_BLANK}][0-9]{{3}})+|[0-9]+)(?:,[0-9]+)?(?:[{_BLANK}]?€)?"
)
COMMA_SIGNS = f"[€.{_BLANK}]"
# field of a date pattern → grammar of the text that it reads
FIELDS = {
    "yyyy": "([0-9]{4})",
    "yy": "([0-9]{2})",
    "MMM": "([A-Za-z]{3})",
    **dict.fromkeys(("MM", "dd", "HH", "mm", "ss"), "([0-9]{2})"),
    **dict.fromkeys(("M", "d", "H", "m", "s"), "([0-9]{1,2})"),
}


def tokens(pattern: str) -> list[str]:
    """The parts of a date pattern: fields, quoted texts and single other characters.

    Raises:
        ValueError: the pattern can't be read.
    """
    parts = [match[0] for match in re.finditer(r"'[^']*'|([A-Za-z])\1*|.", pattern)]
    used = fields(parts)
    names = [field[0] for field in used]
    if not {*used} <= {*FIELDS} or not {*"yMd"} <= {*names} or len({*names}) < len(names):
        kinds = ", ".join(f"`{kind}`" for kind in KINDS)
        raise ValueError(
            f"parse {pattern!r} can't be read; allowed are {kinds} and date patterns that hold year, month and day "
            f"(hour, minute and second too) once each, of {', '.join(FIELDS)}, other letters in single quotes"
        )
    return parts


def fields(parts: list[str]) -> list[str]:
    """The parts that are fields."""
    return [part for part in parts if part[0].isalpha() and part.isascii()]


def require(parse: str, kind: str) -> None:
    """Refuse a `parse` that isn't known, or that doesn't fit the type of the column.

    Raises:
        ValueError: it is neither one of `KINDS` nor a readable date pattern, or it doesn't fit the type.
    """
    if parse not in KINDS:
        tokens(parse)
    types = KINDS.get(parse, ("date", "timestamp"))
    if kind.split("(")[0] not in types:
        raise ValueError(f"parse {parse!r} is for {', '.join(types)}, but the type is {kind}; change one of the two")
