"""Rows that have left quarantine, released or dropped: the ledger says so, in one commit with what became of them."""

import hashlib
import json
from collections.abc import Collection
from datetime import datetime

from lake.schema import BATCH
from lake.tables import Lake

RELEASE, DROP = "release", "drop"

Key = tuple[str, str]


def settled(lake: Lake, source_table: str) -> set[Key]:
    """(`_batch_id` in quarantine, `_row_hash`) of every row of a source table that was released or dropped."""
    parts = (
        part for stage in (RELEASE, DROP) for batch in lake.batches(source_table, stage) for part in batch["parts"]
    )
    return {(part["name"], part["sha256"]) for part in parts}


def record(
    source_table: str, stage: str, keys: Collection[Key], at: datetime, batch_id: str | None = None, stored: int = 0
) -> dict:
    """A ledger record that settles rows.

    Args:
        batch_id: that they are released as; dropped ones get one of their own.
        stored: how many of them weren't there already.
    """
    named = hashlib.sha256(json.dumps([source_table, stage, sorted(keys)]).encode()).hexdigest()[:16]
    return {
        "batch_id": batch_id or named,
        "source_table": source_table,
        "stage": stage,
        "received_at": at,
        "parts": [{"name": batch, "sha256": row_hash, "bytes": 0} for batch, row_hash in sorted(keys)],
        "watermark": None,
        "rows_read": len(keys),
        "rows_stored": stored,
        "rows_not_authorised": 0,
        "rows_duplicate": len(keys) - stored if stage != DROP else 0,
        "rows_quarantined": 0,
        "quarantined_by_reason": {},
        "ignored_columns": [],
        "missing_columns": [],
    }


def tidy(lake: Lake, table: str, source_table: str) -> None:
    """Delete from quarantine what is settled; a run that was killed after its ledger entry has left it there."""
    done = settled(lake, source_table)
    for batch_id in sorted({batch_id for batch_id, _ in done} & lake.batch_ids(table)):
        hashes = [row_hash for of_batch, row_hash in done if of_batch == batch_id]
        lake.delete(table, {BATCH: [batch_id], "_row_hash": hashes})
