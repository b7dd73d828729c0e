"""Rotation of the master key: data keys are wrapped anew; the data sealed with them isn't rewritten."""

from collections.abc import Iterator

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from lake import raw_access
from lake.masters import Masters
from lake.vault import KEYS, OWN_KEYS, Vault


def rewrap(vault: Vault) -> dict[str, int]:
    """Wrap every key that is under another master key than the current one, in one commit for each table.

    Then the tables' history is removed, so that the former master key opens nothing. Safe to repeat after a crash.
    The caller holds the lock of `vault__keys`.

    Returns:
        Table → number of keys wrapped anew.

    Raises:
        FieldstoneError: a key is under a master key that isn't given; nothing was written.
    """
    vault.require_masters()
    with vault.lake.lock(OWN_KEYS, wait_seconds=600):
        return {table: _rewrap(vault, table) for table in (OWN_KEYS, KEYS) if vault.lake.exists(table)}


def _rewrap(vault: Vault, table: str) -> int:
    keys, current = DeltaTable(str(vault.lake.path(table))), vault.secrets.masters.current.key_id
    stale = sum(by.as_py() != current for by in keys.to_pyarrow_table(columns=["master_id"])["master_id"])
    if stale:
        schema = pa.schema(keys.schema())
        anew = _under_current(vault.secrets.masters, keys.to_pyarrow_dataset(schema=schema).to_batches())
        write_deltalake(keys, pa.RecordBatchReader.from_batches(schema, anew), mode="overwrite")
    raw_access.purge(vault.lake, table)
    return stale


def _under_current(masters: Masters, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Rows of (id, master key, wrapped key), all under the current master key."""
    for batch in batches:
        names, by, wrapped = (column.to_pylist() for column in batch.columns)
        opened = masters.unwrap({name: (master, key) for name, master, key in zip(names, by, wrapped, strict=True)})
        anew, current = masters.current.wrap(opened), masters.current.key_id
        columns = [names, [current] * len(names), [anew[name] for name in names]]
        yield pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, batch.schema, strict=True)], batch.schema)
