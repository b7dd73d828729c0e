"""Masks for values shown to people: ID number 1+1, phone 3+4, card 6+4 (JR/T 0171); names keep the family name."""

import re
from collections.abc import Mapping
from pathlib import PurePath

from conf.schema.contract import Column, Contract
from conf.schema.roles import Role, Sight

_KEPT = {"resident_id": (1, 1), "subject": (1, 1), "phone": (3, 4), "card": (6, 4), "name": (1, 0), "address": (0, 0)}
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"[0-9](?:[-_. ]?[0-9]){5,}[Xx]?")
_DAY = re.compile(r"20[0-9]{2}(?P<dash>[-_.]?)[01][0-9](?P=dash)[0-3][0-9]")
_SHORT, _LONG = re.compile(r"(?:[0-9TZ:.,+/ -]+|true|false)"), re.compile("[0-9]{9}")
_STRANGE = re.compile(r"[^ -~]+")
_LONGEST = 80  # longest text of a path that is shown, in characters
STARS = "***"  # shown for a hidden value that isn't an identifier


def masked(text: str, kind: str | None) -> str:
    """An identifier with stars for all but its first and last characters; a short one becomes stars only."""
    if kind is None:
        return STARS
    first, last = _KEPT[kind]
    hidden = len(text) - first - last
    return text[:first] + "*" * hidden + text[len(text) - last :] if hidden > 0 else "*" * len(text)


def shown_row(
    row: dict[str, str | None], contract: Contract, role: Role, is_in_place: bool = True
) -> dict[str, str | None]:
    """A received row of a contract, as a role may see it; without hidden and undeclared columns.

    Args:
        is_in_place: whether each value is known to be in its own column. If not, any value may be an identifier; it is
            masked like a part of a line then, except for short numbers, moments and codes.
    """
    shown: dict[str, str | None] = {}
    for name, column in ((name, column) for name, column in contract.columns.items() if name in row):
        kind = column.identifier or ("card" if column.pseudonym else None)  # an account number not yet tokenised
        sight = role.identifiers[kind] if kind else role.sight(column)
        if sight is Sight.HIDDEN:
            continue
        value = row[name]
        if value is not None and sight is Sight.MASKED:
            value = masked(value, kind)
        elif value is not None and not is_in_place and not _is_of(value, column):
            value = shown_line(value, role)
        shown[name] = value
    return shown


def _is_of(value: str, column: Column) -> bool:
    """Whether a value clearly belongs to its column, so that it can't be a misplaced identifier."""
    if value in (column.values or ()):
        return True
    return column.type != "string" and bool(_SHORT.fullmatch(value)) and not _LONG.search(value)


def shown_line(line: str, role: Role) -> str:
    """A line with unknown columns, as a role may see it: masked, with the first and last character of every word."""
    sights = {*role.classes.values(), *role.identifiers.values()}
    if Sight.HIDDEN in sights:
        return STARS
    return line if sights == {Sight.PLAIN} else _WORD.sub(lambda match: masked(match[0], "resident_id"), line)


def masked_path(path: PurePath | str, declared: str = "") -> str:
    """A file's name for consoles and errors, with stars for long numbers and for characters that aren't ASCII.

    A file may be named after a person. Days such as 2024-01-05, the most frequent numbers in names, aren't masked, and
    neither are words of the source's own glob, which don't name a person.

    Args:
        declared: glob of the files, as the source declares it.
    """
    words = {word for word in _STRANGE.findall(declared) if word.isprintable()}
    plain = _STRANGE.sub(lambda match: match[0] if match[0] in words else "*" * len(match[0]), str(path))
    shown = _NUMBER.sub(lambda match: match[0] if _DAY.fullmatch(match[0]) else "*" * len(match[0]), plain)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."


def with_names(text: str, called: Mapping[str, str], declared: str) -> str:
    """A text with the names of files in place of their tokens; a masked name keeps its token beside it.

    Args:
        called: token → name of the file.
        declared: see `masked_path`.
    """
    for token, name in called.items():
        shown = masked_path(name, declared)
        text = text.replace(token, shown if shown == name else f"{shown} [{token}]")
    return text
