"""Batches and files that were set aside, so that later ones are still processed, and people's decisions about them.

A batch that `refine` refuses waits in bronze; a file that `ingest` refuses waits in the landing zone, and counts as
seen until a person asks for another try. The table is append-only: the latest record of a batch is the valid one.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from conf.schema import table_names
from lake.batch import INGEST, Part, parts_of
from lake.tables import Lake

REFUSALS = table_names.REFUSALS
MAY_BE_NOTICES = "may hold notices of withdrawal"  # part of the reason of a refused file of another source
STRAY = "stray"  # the stage of a file outside all tables' folders, where no job reads it


class Action(StrEnum):
    """What happened to a batch: it was set aside, or a person decided about it."""

    REFUSE = "refuse"
    RETRY = "retry"
    ACCEPT = "accept"
    DROP = "drop"
    GONE = "gone"  # a stray file was moved or removed


@dataclass(frozen=True)
class Refusal:
    """The state of a batch that was refused at least once.

    Attributes:
        batch_id: the ledger's batch id; for a file refused at ingest, an id of its own (`file_batch_id`).
        stage: `ingest`, `refine` or `stray`.
        parts: its files or requests.
        rows: number of its rows that wait in bronze; None for a file, which wasn't read.
        action: what happened last.
        reason: why it was refused, or the person's reason for the decision; without values of rows.
        who: the person who decided; None for a refusal.
        at: when, by the clock of the run, UTC.
    """

    batch_id: str
    source_table: str
    stage: str
    parts: tuple[Part, ...]
    rows: int | None
    action: Action
    reason: str
    who: str | None
    at: datetime

    @property
    def stands(self) -> bool:
        """Whether it is refused and nobody has decided about it yet."""
        return self.action is Action.REFUSE


def file_batch_id(source_table: str, sha256: str) -> str:
    """The batch id of a file that ingest refuses, derived from its content."""
    return hashlib.sha256(f"{source_table} {sha256}".encode()).hexdigest()[:16]


def note(
    lake: Lake,
    *,
    batch_id: str,
    source_table: str,
    stage: str,
    parts: Iterable[Part],
    reason: str,
    at: datetime,
    rows: int | None = None,
) -> bool:
    """Set a batch aside; returns False if it is already refused for the same reason, which is recorded once."""
    wanted = Refusal(batch_id, source_table, stage, tuple(parts), rows, Action.REFUSE, reason, None, at)
    with lake.lock(REFUSALS, wait_seconds=600):
        known = latest(lake, source_table).get(batch_id)
        if known and known.stands and known.reason == reason:
            return False
        _append(lake, wanted)
    return True


def settle(lake: Lake, refusal: Refusal, action: Action, *, who: str, why: str, at: datetime) -> None:
    """Record a person's decision about a batch; nothing happens if the last decision was the same."""
    with lake.lock(REFUSALS, wait_seconds=600):
        known = latest(lake, refusal.source_table)[refusal.batch_id]
        if known.action is not action:
            _append(lake, replace(known, action=action, reason=why, who=who, at=at))


def history(lake: Lake, source_table: str | None = None) -> list[Refusal]:
    """All records of refused batches, in order."""
    records = lake.records(REFUSALS) if lake.exists(REFUSALS) else []
    names = [field.name for field in fields(Refusal)]
    return [
        Refusal(**{name: record[name] for name in names} | _typed(record))
        for record in sorted(records, key=lambda record: record["number"])
        if source_table in (None, record["source_table"])
    ]


def latest(lake: Lake, source_table: str | None = None) -> dict[str, Refusal]:
    """Batch id → the latest record of each batch that was ever refused, of one table or of all."""
    return {refusal.batch_id: refusal for refusal in history(lake, source_table)}


def standing(lake: Lake, source_table: str | None = None) -> dict[str, Refusal]:
    """Batch id → refusal that nobody has decided about yet, of one table or of all."""
    return {batch_id: refusal for batch_id, refusal in latest(lake, source_table).items() if refusal.stands}


def seen(lake: Lake, source_table: str) -> set[str]:
    """SHA-256 of the files that ingest doesn't read again, because they are refused or dropped."""
    return {
        part.sha256
        for refusal in latest(lake, source_table).values()
        if refusal.stage == INGEST and refusal.action in (Action.REFUSE, Action.DROP)
        for part in refusal.parts
    }


def dropped(lake: Lake, source_table: str) -> dict[str, str]:
    """SHA-256 of each file of a dropped batch → its batch id: the same bytes are never read again."""
    return {
        part.sha256: refusal.batch_id
        for refusal in latest(lake, source_table).values()
        if refusal.action is Action.DROP
        for part in refusal.parts
    }


def _typed(record: dict[str, Any]) -> dict[str, Any]:
    return {"action": Action(record["action"]), "parts": parts_of(record)}


def _append(lake: Lake, refusal: Refusal) -> None:
    number = len(lake.records(REFUSALS)) + 1
    lake.append_records(REFUSALS, [asdict(refusal) | {"number": number}])
