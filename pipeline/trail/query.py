"""Selects entries of the audit trail and shows them, each on one line."""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from conf.schema.clock import local, zoned
from conf.schema.person_names import one_form
from lake import dsse, signatures
from lake.audit import Entry, hashed
from pipeline.results.governance import EntryShown
from pipeline.trail.entry_choice import Wanted

_FOR_MACHINES = {"seals", "policy", "people", "gone", "unread", "release", "made", "spec", "declared"}
_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28,52}\b")
_DIGITS = re.compile(r"(\d\.\d{4})\d{3,}")
_FIRST = r"\1…"


def is_wanted(wanted: Wanted, entry: Entry, zone: str) -> bool:
    """Whether an entry is selected."""
    actors = {one_form(name) for name in (entry.actor, entry.os_user or "", *entry.actor.split(", "))}
    return (
        wanted.action in (None, entry.action)
        and (wanted.who is None or one_form(wanted.who) in actors)
        and (wanted.since is None or entry.at >= zoned(wanted.since, zone))
        and (wanted.until is None or entry.at < zoned(wanted.until, zone))
        and (wanted.about is None or _is_about(wanted.about, _details(entry)))
    )


def _is_about(about: str, details: dict[str, Any]) -> bool:
    version = f"{details['model']}:{details['version']}" if {"model", "version"} <= details.keys() else ""
    return bool({about, hashed(about)} & {version, *_texts(details)})


def shown(entry: Entry) -> EntryShown:
    """An entry for programs."""
    signature = dsse.envelope(entry) or entry.signature
    return EntryShown(**asdict(entry) | {"details": _details(entry), "signature": signature})


def row(entry: Entry, zone: str) -> tuple[str, ...]:
    """An entry for people, in the local time of a zone; hashes are cut, and long lists are only counted."""
    details = {name: value for name, value in _details(entry).items() if name not in _FOR_MACHINES}
    says = ", ".join(f"{name} {_short(value)}" for name, value in details.items() if value not in (None, [], {}))
    system = f"{entry.os_user}@{entry.host}" if entry.os_user else ""
    at = f"{local(entry.at, zone):%Y-%m-%d %H:%M:%S%z}"
    cells = (f"{entry.number}", at, entry.actor, signatures.signers(entry), system, entry.action, says)
    return tuple(visible(text) for text in cells)


def visible(text: str) -> str:
    """A text with its control and invisible characters replaced by their codes."""
    return "".join(c if c == " " or unicodedata.category(c)[0] not in "CZ" else f"\\u{ord(c):04x}" for c in text)


def _details(entry: Entry) -> dict[str, Any]:
    """The details of an entry; as raw text if it was changed and is no longer JSON."""
    try:
        details = json.loads(entry.details)
    except (ValueError, RecursionError):
        details = None
    return details if isinstance(details, dict) else {"unreadable": entry.details}


def _short(value: Any) -> str:
    """A value in short: whole texts, cut hashes and digits, and only names or counts of deeper nested values."""
    if isinstance(value, dict):
        return f"({', '.join(name if _is_nested(each) else f'{name} {_cut(each)}' for name, each in value.items())})"
    if isinstance(value, list):
        return f"{len(value):,}" if any(map(_is_nested, value)) else ", ".join(map(_cut, value))
    return _HASH.sub(_FIRST, value) if isinstance(value, str) else _cut(value)


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _cut(value: Any) -> str:
    """A single value as text, with hashes and long numbers cut."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _DIGITS.sub(_FIRST, _HASH.sub(_FIRST, text))


def _texts(value: Any) -> Iterator[str]:
    """All texts, numbers and names in a JSON value."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name if isinstance(each, dict | list) else ""
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    else:
        yield str(value)
