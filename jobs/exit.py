"""`fieldstone exit --source NAME | --all`: the orderly end of a partner, or of the whole service.

Nothing new is taken in or decided from the first moment on; what was received is handed over; then all is erased, or
restricted where a statutory term runs, by the same steps and with the same certificate as an erasure.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from conf.schema import table_names
from conf.schema.contract import Contract
from conf.schema.errors import FieldstoneError
from jobs import erase
from lake import erasure, raw_access
from lake.batch import INGEST
from lake.erasure import Item, Outcome
from lake.proof import Search
from lake.tables import EVERYTHING
from pipeline import sealing
from pipeline.context import Context
from pipeline.erasure import erasure_request
from pipeline.erasure.erasure_request import Request
from pipeline.erasure.erasure_steps import undisturbed
from pipeline.erasure.handover import hand_over


def run(
    context: Context,
    source: str,
    export: str | None,
    identifiers: bool,
    approver: str | None,
    why: str | None,
    execute: bool,
    operator: str | None,
) -> None:
    """Plan, and with `execute` carry out; one that was interrupted goes on.

    Args:
        source: of `conf/sources`, or `EVERYTHING`.
        export: folder for what was received, see `hand_over`; None hands nothing over.
        approver: lets it be handed over; somebody other than the operator.

    Raises:
        FieldstoneError: it isn't said who carries it out and why, or a hand-over isn't approved by another.
    """
    context.require_present("exit")
    context, about = context.reaching_all, f"exit {source}"
    contracts = _contracts(context, source)
    if execute and not (operator and why):
        raise FieldstoneError("an exit is carried out by somebody, for a reason: give --operator NAME and --why TEXT")
    if identifiers and not export:
        raise FieldstoneError("identifiers are handed over with an export only: give --export FOLDER as well")
    begun = erasure_request.opened(context, erasure_request.reference(about, ()))
    begun = begun and replace(begun, operator=operator or begun.operator)
    request = begun or plan(context, source, contracts, operator)
    erase.show(request, begun)
    if not execute:
        return
    for action in ("exit", "erase begin"):
        context.trail.require_signer(operator, action)
    with undisturbed(context):  # so that nothing comes in between the hand-over and the end
        if export and not begun:
            hand_over(context, contracts, Path(export), identifiers, operator, approver)
        erasure_request.keep(context, request)
        _close(context, source, operator, why)
    erase.start(context, request)


def _contracts(context: Context, source: str) -> list[Contract]:
    """What came from a partner, whether or not it is still declared.

    Raises:
        FieldstoneError: there is no such source, and never was.
    """
    found = [c for c in context.workspace.contracts.values() if source in (c.source, EVERYTHING)]
    return found or context.workspace.tables_of(source)


def plan(context: Context, source: str, contracts: list[Contract], operator: str | None) -> Request:
    """What is to be erased or restricted of a partner."""
    lake = context.lake
    items = erasure.of_source(lake, contracts, context.as_of)
    if source == EVERYTHING:
        items = erasure.of_everything(lake, items)
    else:
        items.append(_keys(context, contracts))
    whole = [i for i in items if i.outcome is Outcome.ERASED and not i.where]
    named = [item.table for item in whole if "subject_key" in raw_access.columns(lake, item.table)]
    searches = [Search(f"lake/{table}", (), words=tuple(sorted(raw_access.subjects(lake, table)))) for table in named]
    return erase.draft(context, f"exit {source}", operator, items, searches)


def _keys(context: Context, contracts: list[Contract]) -> Item:
    """Keys that sealed nothing but what came from the partner: of its batches, and of whom nobody else has told."""
    lake, ours = context.lake, {contract.table for contract in contracts}
    held = {
        c.table: raw_access.subjects(lake, c.named("bronze"))
        for c in context.workspace.contracts.values()
        if c.subject and lake.exists(c.named("bronze"))
    }
    others = set().union(*(keys for table, keys in held.items() if table not in ours))
    alone = set().union(*(keys for table, keys in held.items() if table in ours)) - others
    batches = {batch.batch_id for table in ours for batch in lake.batches(table, INGEST)}
    return erasure.item(lake, table_names.KEYS, {"key_id": alone | batches}, Outcome.ERASED)


def _close(context: Context, source: str, operator: str, why: str) -> None:
    """Stop new business; before all else, and once."""
    if source in context.lake.closed() and context.lake.records(table_names.CLOSED, source=source):
        return
    record = {"source": source, "closed_at": datetime.now(UTC), "operator": operator, "why": why}
    kept = sealing.appended(context, table_names.CLOSED, record)
    context.trail.record(operator, "exit", source=source, why=why, seals=[kept])
    context.lake.append_records(table_names.CLOSED, [record])
