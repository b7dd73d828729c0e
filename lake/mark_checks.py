"""Check the entries of a trail against the marks of head and anchor, and against the losses that were accepted."""

import json
from collections.abc import Sequence
from typing import Any

from conf.schema import audit_actions
from lake import entry_checks
from lake.entries import Entry
from lake.marks import Mark


def is_of(mark: Mark, entries: Sequence[Entry]) -> bool:
    """Whether the entry of a mark is in the trail."""
    return 1 <= mark.number <= len(entries) and entries[mark.number - 1].link == mark.link


def mark_findings(mark: Mark, entries: Sequence[Entry], where: str) -> list[str]:
    """Fault by the last mark of a place: it must be of the last entry, or after a crash of the one before it."""
    if not is_of(mark, entries):
        return [beyond(mark, entries)]
    return [f"{where} is at entry {mark.number} of {len(entries)}"] if len(entries) - mark.number > 1 else []


def beyond(mark: Mark, entries: Sequence[Entry]) -> str:
    """Text for a mark whose entry is missing."""
    if mark.number > len(entries):
        return f"entries after {len(entries)} are missing"
    return f"entry {mark.number} was replaced"


def acceptances(entries: Sequence[Entry]) -> dict[int, dict[str, Any]]:
    """Number of each accepting entry → its details."""
    accepting = (entry for entry in entry_checks.counting(entries) if entry.action in audit_actions.ACCEPTING)
    return {entry.number: json.loads(entry.details) for entry in accepting}


def lost(accepted: dict[int, dict[str, Any]]) -> dict[int, list[Mark]]:
    """Number of each accepting entry → marks whose entries are lost."""
    return {number: [Mark(**mark) for mark in details.get("gone", ())] for number, details in accepted.items()}
