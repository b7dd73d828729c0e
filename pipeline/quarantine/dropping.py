"""Rows of quarantine that somebody decides to delete."""

from conf.schema import table_names
from lake import quarantine_outcomes
from pipeline.context import Context
from pipeline.quarantine.waiting_rows import Selection, waiting


def drop(context: Context, table: str, chosen: Selection, who: str, why: str) -> int:
    """Delete rows for good; the audit trail keeps who, why and which batches they came in, never what they said.

    Returns:
        How many rows they were.
    """
    lake, contract = context.lake, context.workspace.contract(table)
    with lake.lock(contract.named("bronze")), lake.lock(contract.named("silver")):
        rows = waiting(context, contract, chosen)
        if rows:
            keys = [each.key for each in rows]
            context.trail.record(who, "quarantine drop", table=table, why=why, rows=len(keys), batches=_batches(keys))
            record = quarantine_outcomes.record(contract.table, quarantine_outcomes.DROP, keys, context.as_of)
            lake.append_records(table_names.BATCHES, [record])
        quarantine_outcomes.tidy(lake, contract.named("quarantine"), contract.table)
    return len(rows)


def _batches(keys: list[quarantine_outcomes.Key]) -> list[str]:
    return sorted({batch_id for batch_id, _ in keys})
