"""What parts of the rows are called in findings, in English as records keep it and in Chinese as reports say it."""

import re

_ZH = (
    (re.compile(r"(?:^| part )(\d+) of (\d+)$"), r" 第 \1 段（共 \2 段）"),
    (re.compile(r" missing$"), " 缺失"),
    (re.compile(r" known$"), " 有记录"),
    (re.compile(r" not 0$"), " 不为 0"),
)


def numbered(number: int, count: int) -> str:
    """A part of so many, counted from 1."""
    return f"{number} of {count}"


def of_column(name: str, number: int, count: int) -> str:
    """A part of a column's values, the lowest first, counted from 1."""
    return f"{name} part {numbered(number, count)}"


def missing(name: str) -> str:
    """The rows in which a column has no value."""
    return f"{name} missing"


def known(name: str) -> str:
    """The rows in which a column has a value."""
    return f"{name} known"


def not_zero(name: str) -> str:
    """The rows in which a column has a value other than 0."""
    return f"{name} not 0"


def in_chinese(part: str) -> str:
    """A part's name in Chinese; the name of a column, or of a group, stays as it is."""
    for english, chinese in _ZH:
        part = english.sub(chinese, part)
    return part.strip()
