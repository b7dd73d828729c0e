"""How values are shown to people: ID number 1+1, phone 3+4, card 6+4 (JR/T 0171); names keep the family name."""

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
_LONGEST = 80  # characters of a path that are shown
STARS = "***"  # in place of a value that is no identifier, of which nothing is told


def masked(text: str, kind: str | None) -> str:
    """An identifier with all but its first and last characters starred; one too short for that is all stars."""
    if kind is None:
        return STARS
    first, last = _KEPT[kind]
    hidden = len(text) - first - last
    return text[:first] + "*" * hidden + text[len(text) - last :] if hidden > 0 else "*" * len(text)


def shown_row(
    row: dict[str, str | None], contract: Contract, role: Role, is_in_place: bool = True
) -> dict[str, str | None]:
    """A row of a contract, as it came, as a role sees it; without what is hidden, or isn't declared.

    Args:
        is_in_place: whether its values are known to stand in the columns that they belong to. Unless they are, each may
            be an identifier, and is shown as a part of a line is, but for short numbers, moments and codes.
    """
    shown: dict[str, str | None] = {}
    for name, column in ((name, column) for name, column in contract.columns.items() if name in row):
        kind = column.identifier or ("card" if column.pseudonym else None)  # an account's number, and no token yet
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
    """Whether a value is so plainly of its column's kind that it is no identifier that has got there."""
    if value in (column.values or ()):
        return True
    return column.type != "string" and bool(_SHORT.fullmatch(value)) and not _LONG.search(value)


def shown_line(line: str, role: Role) -> str:
    """A line whose columns nobody knows, as a role sees it: masked, of every word the first and the last character."""
    sights = {*role.classes.values(), *role.identifiers.values()}
    if Sight.HIDDEN in sights:
        return STARS
    return line if sights == {Sight.PLAIN} else _WORD.sub(lambda match: masked(match[0], "resident_id"), line)


def masked_path(path: PurePath | str, declared: str = "") -> str:
    """A file's name as consoles and errors show it: long numbers, and what isn't plain ASCII, are starred.

    It may be called after a person. Days, such as 2024-01-05, are what most numbers in names are, and stay; so do words
    that the source itself says of its files, which are nobody's.

    Args:
        declared: the glob of the files, as the source declares it.
    """
    words = {word for word in _STRANGE.findall(declared) if word.isprintable()}
    plain = _STRANGE.sub(lambda match: match[0] if match[0] in words else "*" * len(match[0]), str(path))
    shown = _NUMBER.sub(lambda match: match[0] if _DAY.fullmatch(match[0]) else "*" * len(match[0]), plain)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."


def with_names(text: str, called: Mapping[str, str], declared: str) -> str:
    """A text with names that help to find a file in place of tokens; beside one that is masked its token stays.

    Args:
        called: names of files by token.
        declared: see `masked_path`.
    """
    for token, name in called.items():
        shown = masked_path(name, declared)
        text = text.replace(token, shown if shown == name else f"{shown} [{token}]")
    return text
