"""Rows that have left quarantine, released or dropped: the ledger records it in one commit with their batch."""

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from lake.batch import DROP, RELEASE, Batch, Part
from lake.schema import BATCH
from lake.tables import Lake

Key = tuple[str, str]
_ID_LENGTH = 12


def row_id(row_hash: str) -> str:
    """The short name of a row in quarantine: the beginning of its hash."""
    return row_hash[:_ID_LENGTH]


def resolved_rows(lake: Lake, source_table: str) -> set[Key]:
    """(`_batch_id` in quarantine, `_row_hash`) of every row of a source table that was released or dropped."""
    batches = (batch for stage in (RELEASE, DROP) for batch in lake.batches(source_table, stage))
    return {(row.name, row.sha256) for batch in batches for row in batch.parts}


def batch_id(source_table: str, stage: str, keys: Iterable[Key]) -> str:
    """16 hex digits that the same rows of a source table always get at a stage."""
    return hashlib.sha256(json.dumps([source_table, stage, sorted(keys)]).encode()).hexdigest()[:16]


def dropped(source_table: str, keys: Collection[Key], at: datetime) -> Batch:
    """Rows that are dropped, as a batch of their own."""
    return _settling(source_table, DROP, keys, at, batch_id(source_table, DROP, keys))


def released(source_table: str, keys: Collection[Key], at: datetime, batch_id: str, stored: int) -> Batch:
    """Rows that are released as a batch.

    Args:
        stored: number of them that weren't in the table already.
    """
    batch = _settling(source_table, RELEASE, keys, at, batch_id)
    return replace(batch, rows_stored=stored, rows_duplicate=len(keys) - stored)


def _settling(source_table: str, stage: str, keys: Collection[Key], at: datetime, batch_id: str) -> Batch:
    rows = tuple(Part(of_batch, row_hash) for of_batch, row_hash in sorted(keys))
    return Batch(batch_id, source_table, stage, at, rows, rows_read=len(keys))


def tidy(lake: Lake, table: str, source_table: str) -> None:
    """Delete released or dropped rows that a run killed after its ledger entry has left in quarantine."""
    done = resolved_rows(lake, source_table)
    for batch_id in sorted({batch_id for batch_id, _ in done} & lake.batch_ids(table)):
        hashes = [row_hash for of_batch, row_hash in done if of_batch == batch_id]
        lake.delete(table, {BATCH: [batch_id], "_row_hash": hashes})
