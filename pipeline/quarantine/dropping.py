"""Deletes quarantined rows by a person's decision."""

import logging

from conf.schema.counts import counted
from lake import ledger, quarantine_outcomes
from lake.batch import DROP
from pipeline.context import Context
from pipeline.quarantine.row_choice import Selection
from pipeline.quarantine.waiting_rows import waiting
from pipeline.results.data_engineers import RowsDropped

LOG = logging.getLogger(__name__)


def drop(context: Context, table: str, chosen: Selection, who: str, why: str) -> RowsDropped:
    """Delete rows for good; the audit trail records who, why and their batches, never their values."""
    lake, contract = context.lake, context.workspace.contract(table)
    with ledger.locked(lake, contract, DROP):
        rows = waiting(context, contract, chosen)
        if rows:
            keys = [each.key for each in rows]
            context.trail.record(who, "quarantine drop", table=table, why=why, rows=len(keys), batches=_batches(keys))
            ledger.append(lake, [quarantine_outcomes.dropped(contract.table, keys, context.as_of)])
        quarantine_outcomes.tidy(lake, contract.named("quarantine"), contract.table)
    LOG.info(f"quarantine {table}: {counted(len(rows), 'row')} dropped")
    return RowsDropped(table, len(rows))


def _batches(keys: list[quarantine_outcomes.Key]) -> list[str]:
    return sorted({batch_id for batch_id, _ in keys})
