"""Entries of a table's Delta log that are made without an engine."""

import json
from pathlib import Path

import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from lake.schema import BATCH


def added(file: Path, batch_id: str) -> AddAction:
    """A file of a batch, with its number of rows and no other statistics."""
    stat, rows = file.stat(), pq.read_metadata(file).num_rows
    path, values = f"{BATCH}={batch_id}/{file.name}", {BATCH: batch_id}
    return AddAction(path, stat.st_size, values, int(stat.st_mtime * 1000), True, json.dumps({"numRecords": rows}))
