"""The orderly end of a partner, or of the whole service.

From the first moment, nothing new is ingested or decided. The received data are handed over; then all data are erased,
or restricted while a statutory term runs, by the same steps and with the same certificate as an erasure.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from conf.schema import table_names
from conf.schema.contract import Contract
from conf.schema.errors import UsageError
from lake import erasure, raw_access, stops
from lake.batch import INGEST
from lake.erasure import Item, Outcome
from lake.file_search import Traces
from pipeline import sealing
from pipeline.context import Context
from pipeline.erasure import erasure_request, planning
from pipeline.erasure.erasure_request import ErasureRequest
from pipeline.erasure.erasure_steps import undisturbed
from pipeline.erasure.handover import hand_over
from pipeline.results.governance import Erased


@dataclass(frozen=True)
class Export:
    """How the received data are handed over before they are erased, see `hand_over`."""

    folder: Path
    identifiers: bool
    approver: str | None

    @classmethod
    def of(cls, folder: str | None, identifiers: bool, approver: str | None) -> Self | None:
        """The hand-over to a folder; None without one.

        Raises:
            UsageError: identifiers are asked for, and there is no folder.
        """
        if identifiers and not folder:
            raise UsageError("identifiers are only handed over with an export; give --export FOLDER as well")
        return cls(Path(folder), identifiers, approver) if folder else None


def planned(context: Context, source: str, operator: str | None) -> tuple[ErasureRequest, ErasureRequest | None]:
    """The plan for a partner's exit, and the plan that an interrupted run has begun; None if there was none.

    Args:
        source: name in `conf/sources`, or `stops.EVERYTHING`.

    Raises:
        FieldstoneError: there is no such source, and never was one.
    """
    contracts = _contracts(context, source)
    begun = erasure_request.opened(context, erasure_request.reference(f"exit {source}", ()))
    begun = begun and replace(begun, operator=operator or begun.operator)
    return begun or plan(context, source, contracts, operator), begun


def leave(context: Context, source: str, request: ErasureRequest, why: str, export: Export | None) -> Erased:
    """Carry out an exit: hand over, close, erase; the result names its certificate.

    Args:
        request: the plan, with its operator.
        export: the hand-over; None hands nothing over.

    Raises:
        FieldstoneError: the operator isn't allowed to, no other person has approved a hand-over, or the proof still
            found data.
    """
    operator = request.operator
    for action in ("exit", "erase begin"):
        context.trail.require_signer(operator, action)
    with undisturbed(context):  # so that no data come between the hand-over and the end
        if export:
            contracts = _contracts(context, source)
            hand_over(context, contracts, export.folder, export.identifiers, operator, export.approver)
        erasure_request.keep(context, request)
        _close(context, source, operator, why)
    return planning.start(context, request)


def _contracts(context: Context, source: str) -> list[Contract]:
    """The contracts of a partner's data, even if they aren't declared any more.

    Raises:
        FieldstoneError: there is no such source, and never was.
    """
    contracts = [c for c in context.workspace.contracts.values() if source in (c.source, stops.EVERYTHING)]
    return contracts or context.workspace.tables_of(source)


def plan(context: Context, source: str, contracts: list[Contract], operator: str | None) -> ErasureRequest:
    """The plan of a partner's data to erase or to restrict."""
    lake = context.lake
    items = erasure.of_source(lake, contracts, context.as_of)
    if source == stops.EVERYTHING:
        items = erasure.of_everything(lake, items)
    else:
        items.append(_keys(context, contracts))
    whole = [i for i in items if i.outcome is Outcome.ERASED and not i.where]
    named = [item.table for item in whole if "subject_key" in raw_access.columns(lake, item.table)]
    searches = [Traces(f"lake/{table}", (), words=tuple(sorted(raw_access.subjects(lake, table)))) for table in named]
    return planning.draft(context, f"exit {source}", operator, items, searches)


def _keys(context: Context, contracts: list[Contract]) -> Item:
    """Keys that sealed only data of the partner: keys of its batches, and of subjects known from no other source."""
    lake, ours = context.lake, {contract.table for contract in contracts}
    subjects_of = {
        c.table: raw_access.subjects(lake, c.named("bronze"))
        for c in context.workspace.contracts.values()
        if c.subject and lake.exists(c.named("bronze"))
    }
    others = set().union(*(keys for table, keys in subjects_of.items() if table not in ours))
    alone = set().union(*(keys for table, keys in subjects_of.items() if table in ours)) - others
    batches = {batch.batch_id for table in ours for batch in lake.batches(table, INGEST)}
    return erasure.item(lake, table_names.KEYS, {"key_id": alone | batches}, Outcome.ERASED)


def _close(context: Context, source: str, operator: str, why: str) -> None:
    """Stop new business; this is the first step, and is done once."""
    if source in stops.closed(context.lake) and context.lake.records(table_names.CLOSED, source=source):
        return
    record = {"source": source, "closed_at": datetime.now(UTC), "operator": operator, "why": why}
    kept = sealing.appended(context, table_names.CLOSED, record)
    context.trail.record(operator, "exit", source=source, why=why, seals=[kept])
    context.lake.append_records(table_names.CLOSED, [record])
