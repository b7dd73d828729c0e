"""Drops a batch: its rows are deleted from bronze, quarantine and the vault, as in an erasure."""

from pyspark.sql import functions as F

from conf.schema import table_names
from lake import ledger, quarantine_outcomes, raw_access, schema
from lake.batch import INGEST, REFINE
from lake.refusals import Action, Refusal
from lake.selection import Where
from pipeline.context import Context
from pipeline.erasure.erasure_steps import undisturbed

_KEYS, _IDENTITIES = table_names.KEYS, table_names.IDENTITIES


def forget(context: Context, refusal: Refusal, who: str, why: str) -> dict[str, int]:
    """Delete the stored rows of a refused batch, with their old versions; this is recorded in the audit trail first.

    Returns:
        Table → number of deleted rows.
    """
    context = context.reaching_all
    lake, batch_id = context.lake, refusal.batch_id
    with undisturbed(context):
        places = _places(context, refusal)
        rows = {table: raw_access.count(lake, table, where) for table, where in places.items()}
        if refusal.action is not Action.DROP:
            batch = {"table": refusal.source_table, "batch": batch_id, "stage": refusal.stage}
            context.trail.record(who, "batches drop", rows=rows, **batch, why=why)
        _remember(context, refusal, [table for table in places if table not in (_KEYS, _IDENTITIES)])
        for table, where in places.items():
            lake.delete(table, where)
            raw_access.purge(lake, table)
    return {table: count for table, count in rows.items() if count}


def _places(context: Context, refusal: Refusal) -> dict[str, Where]:
    """Table → condition for the batch's rows, its key last; empty for a file that was never ingested."""
    if refusal.stage != REFINE:
        return {}
    contract, lake = context.workspace.contract(refusal.source_table), context.lake
    tables = [contract.named("bronze"), contract.named("quarantine"), _IDENTITIES]
    of_batch: dict[str, Where] = {table: {schema.BATCH: [refusal.batch_id]} for table in tables if lake.exists(table)}
    return of_batch | ({_KEYS: {"key_id": [refusal.batch_id]}} if lake.exists(_KEYS) else {})


def _remember(context: Context, refusal: Refusal, tables: list[str]) -> None:
    """Store the hashes of rows that a later, overlapping pull could bring again."""
    lake = context.lake
    batches = lake.batches(refusal.source_table, INGEST)
    if not any(batch.batch_id == refusal.batch_id and batch.watermark for batch in batches):
        return
    stored = [raw_access.rows(lake, table) for table in tables]  # opens the session that columns need
    hashes = [rows.where(F.col(schema.BATCH) == refusal.batch_id).select("_row_hash").collect() for rows in stored]
    keys = {(refusal.batch_id, row["_row_hash"]) for rows in hashes for row in rows}
    if keys:
        ledger.append(lake, [quarantine_outcomes.dropped(refusal.source_table, keys, context.as_of)])
