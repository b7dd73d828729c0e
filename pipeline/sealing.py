"""Seals of rows that jobs write, by which `fieldstone audit verify` finds rows that were changed since."""

from typing import Any

from conf.schema.contract import Contract
from lake import raw_access, seals
from lake.entry_details import Seal
from lake.schema import BATCH
from pipeline.context import Context


def appended(context: Context, table: str, record: dict[str, Any]) -> Seal:
    """The seal of a record, for the audit trail's entry, which is written before the record is appended."""
    context.lake.create(table)
    sealed = seals.new(context.trail, table, [record])
    return seals.keep(context.trail, table, sealed, at_version=context.lake.version(table))


def batch(context: Context, contract: Contract, batch_id: str) -> None:
    """Seal a batch of consents or withdrawals as stored in silver; replaces the seal of an interrupted run."""
    table = contract.named("silver")
    if not seals.is_sealed(context.lake, table):
        return
    rows = raw_access.chosen(context.lake, table, {BATCH: [batch_id]}, raw_access.columns(context.lake, table))
    kept = seals.keep(context.trail, table, seals.new(context.trail, table, rows), batch=batch_id)
    context.trail.record(context.workspace.settings.operator, "take in", table=contract.table, seals=[kept])


def again(context: Context, who: str, table: str, action: str) -> None:
    """Seal a table again after it was rewritten."""
    if seals.is_sealed(context.lake, table) and context.lake.exists(table):
        context.trail.record(who, action, table=table, seals=seals.anew(context.trail, table))
