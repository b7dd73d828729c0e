"""What jobs seal as they write it, so that `fieldstone audit verify` finds a row that was changed since."""

from typing import Any

from conf.schema.contract import Contract
from lake import raw_access, seals
from lake.entry_details import Seal
from lake.schema import BATCH
from pipeline.context import Context


def appended(context: Context, table: str, record: dict[str, Any]) -> Seal:
    """The seal of a record that is appended next; for the entry that comes before it."""
    context.lake.create(table)
    sealed = seals.new(context.trail, table, [record])
    return seals.keep(context.trail, table, sealed, at_version=context.lake.version(table))


def batch(context: Context, contract: Contract, batch_id: str) -> None:
    """Seal a batch of consents or withdrawals as it lies in silver, in place of what an interrupted run sealed."""
    table = contract.named("silver")
    if not seals.is_sealed(context.lake, table):
        return
    rows = raw_access.chosen(context.lake, table, {BATCH: [batch_id]}, raw_access.columns(context.lake, table))
    kept = seals.keep(context.trail, table, seals.new(context.trail, table, rows), batch=batch_id)
    context.trail.record(context.workspace.settings.operator, "take in", table=contract.table, seals=[kept])


def again(context: Context, who: str, table: str, action: str) -> None:
    """Seal a table anew, once it was rewritten."""
    if seals.is_sealed(context.lake, table) and context.lake.exists(table):
        context.trail.record(who, action, table=table, seals=seals.anew(context.trail, table))
