"""What jobs seal as they write it, so that `fieldstone audit verify` finds a row that was changed since."""

from typing import Any

from conf.contract import Contract
from jobs.context import Context
from jobs.erasure_request import Request
from lake import seals, stored
from lake.erasure import Item, Outcome
from lake.schema import BATCH

_STEPS = {Outcome.ERASED: "erase", Outcome.REDACTED: "redact"}  # what becomes of rows → the step that does it


def appended(context: Context, table: str, record: dict) -> dict[str, Any]:
    """The seal of a record that is appended next; for the entry that comes before it."""
    context.lake.create(table)
    sealed = seals.new(context.trail, table, [record])
    return seals.keep(context.trail, table, sealed, at_version=context.lake.version(table))


def batch(context: Context, contract: Contract, batch_id: str) -> None:
    """Seal a batch of consents or withdrawals as it lies in silver, in place of what an interrupted run sealed."""
    table = contract.named("silver")
    if not seals.is_sealed(table):
        return
    rows = stored.chosen(context.lake, table, {BATCH: [batch_id]}, stored.columns(context.lake, table))
    kept = seals.keep(context.trail, table, seals.new(context.trail, table, rows), batch=batch_id)
    context.trail.record(context.workspace.settings.operator, "take in", table=contract.table, seals=[kept])


def again(context: Context, who: str, table: str, action: str) -> None:
    """Seal a table anew, once it was rewritten."""
    if seals.is_sealed(table) and context.lake.exists(table):
        context.trail.record(who, action, table=table, seals=seals.anew(context.trail, table))


def taken(context: Context, request: Request, instead: str, done: set[str]) -> list[dict[str, Any]]:
    """Seals of what an erasure is about to take, or to change in decisions on others; for the entry of its beginning.

    Args:
        instead: what stands in place of a consent's number then.
        done: steps that are done already.
    """
    kept = []
    for table in seals.tables(context.lake):
        items = [item for item in request.items if item.table == table and item.outcome in _STEPS]
        waiting = [item for item in items if f"{_STEPS[item.outcome]} {table}" not in done]
        if sealed := [each for item in waiting for each in _of_item(context, request, item, instead)]:
            kept.append(seals.keep(context.trail, table, sealed))
    return kept


def _of_item(context: Context, request: Request, item: Item, instead: str) -> list[seals.Sealed]:
    rows = list(stored.chosen(context.lake, item.table, item.where, stored.columns(context.lake, item.table)))
    if item.outcome is Outcome.ERASED:
        return seals.gone(context.trail, item.table, rows)
    given = set(item.where["consent_ids"])
    others = [row for row in rows if row["subject_key"] not in request.subjects]
    redacted = [row | {"consent_ids": [instead if n in given else n for n in row["consent_ids"]]} for row in others]
    return seals.changed(context.trail, item.table, zip(others, redacted, strict=True))
