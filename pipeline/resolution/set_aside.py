"""Decides about batches and files that were set aside: they are tried again, accepted or dropped.

A decision is recorded before it is carried out, so that a killed one is completed by repeating the command; a drop is
recorded last, because the batch must count as refused until its rows are deleted.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from conf.schema.errors import Conflict, ContractError, NotFound
from lake import contract_versions, refusals
from lake.batch import INGEST, REFINE
from lake.refusals import Action, Refusal
from pipeline import refine
from pipeline.context import Context
from pipeline.erasure.dropped_batches import forget
from pipeline.ingest import run as ingest
from pipeline.results.data_engineers import BatchDecided

LOG = logging.getLogger(__name__)


def retry(context: Context, batch: str, who: str, why: str) -> BatchDecided:
    """Try a batch again, for instance after a change of its contract.

    Raises:
        FieldstoneError: it is refused again, or can no longer be tried.
    """
    refusal = _refusal(context, batch, Action.RETRY)
    _refuse_stray(refusal)
    _refuse_misread(context, refusal)
    _decide(context, refusal, Action.RETRY, who, why)
    _look_again(context, refusal)
    return _report(refusal, Action.RETRY, "tried again")


def accept(context: Context, batch: str, who: str, why: str) -> BatchDecided:
    """Refine a batch regardless of the share of failing rows: those go to quarantine, the others to silver.

    Raises:
        FieldstoneError: it is a file that was refused at ingest, or was decided before.
    """
    refusal = _refusal(context, batch, Action.ACCEPT)
    _refuse_stray(refusal)
    if refusal.stage == INGEST:
        raise Conflict(
            f"{batch} was refused at ingest, so there are no rows to accept; have the partner send it again, retry it "
            f"once the source or contract fits it, or drop it (fieldstone batches retry|drop {batch})"
        )
    _decide(context, refusal, Action.ACCEPT, who, why)
    _look_again(context, refusal)
    return _report(refusal, Action.ACCEPT, "accepted")


def drop(context: Context, batch: str, who: str, why: str) -> BatchDecided:
    """Delete a batch for good; the hashes of its files stay, so that the same bytes are never read again.

    Raises:
        FieldstoneError: it is being tried, or is in silver already.
    """
    refusal = _refusal(context, batch, Action.DROP)
    rows = forget(context, refusal, who, why)
    refusals.settle(context.lake, refusal, Action.DROP, who=who, why=why, at=context.as_of)
    counts = ", ".join(f"{count:,} rows of {table}" for table, count in rows.items()) or "no rows were held"
    return _report(refusal, Action.DROP, f"dropped: {counts}", rows)


def _refusal(context: Context, batch: str, action: Action) -> Refusal:
    """The refusal that an action is about; an action may be repeated.

    Raises:
        Conflict, NotFound: it wasn't refused, or an earlier decision excludes the action.
    """
    refusal = refusals.latest(context.lake).get(batch)
    if refusal is None:
        raise NotFound(f"no batch {batch} was refused; fieldstone batches list shows those that were")
    if refusal.stands or refusal.action is action:
        return refusal
    if refusal.action is Action.DROP:
        raise Conflict(f"{batch} was dropped for good; have the partner send it again with other content")
    if _is_taken(context, refusal):
        raise Conflict(
            f"{batch} was refused once and has been ingested since ({refusal.action}); nothing is left to do"
        )
    if action is Action.DROP and refusal.stage == REFINE:
        raise Conflict(f"{batch} waits to be refined ({refusal.action}); run fieldstone refine first, then drop it")
    return refusal


def _refuse_stray(refusal: Refusal) -> None:
    """Refuse a stray file, whose table is unknown: the action is only for files in a table's folder."""
    if refusal.stage == refusals.STRAY:
        raise Conflict(
            f"{refusal.batch_id} is a file outside the folder of any table, where it is never read; move it into the "
            "folder of "
            f"its table and ingest again, or drop it if it holds nothing (fieldstone batches drop {refusal.batch_id})"
        )


def _refuse_misread(context: Context, refusal: Refusal) -> None:
    """Refuse to read a file by a contract in which another column now has a name that the file may use."""
    if refusal.stage != INGEST:
        return  # its rows are in bronze, whose columns follow the contract
    lake, contract = context.lake, context.workspace.contract(refusal.source_table)
    came_by = contract_versions.number_at(lake, contract.table, _first_refused(context, refusal))
    names = contract_versions.followed(came_by, contract_versions.of(lake, contract))
    if others := contract_versions.misread(names, contract):
        raise ContractError(
            f"{refusal.batch_id} came when {', '.join(sorted(others))} of {contract.table} meant another column than "
            "it does now, so the batch would be misread. Have the partner send it again with the present names, and "
            f"drop this one (fieldstone batches drop {refusal.batch_id})"
        )


def _decide(context: Context, refusal: Refusal, action: Action, who: str, why: str) -> None:
    if refusal.action is not action:
        details = {"table": refusal.source_table, "batch": refusal.batch_id, "stage": refusal.stage, "why": why}
        context.trail.record(who, f"batches {action}", **details)
        refusals.settle(context.lake, refusal, action, who=who, why=why, at=context.as_of)


def _report(
    refusal: Refusal, action: Action, what: str, rows_dropped: Mapping[str, int] = MappingProxyType({})
) -> BatchDecided:
    LOG.info(
        f"batches: {refusal.batch_id} of {refusal.source_table} was {what}",
        extra={"table": refusal.source_table, "batch": refusal.batch_id},
    )
    return BatchDecided(refusal.source_table, refusal.batch_id, action, rows_dropped)


def _look_again(context: Context, refusal: Refusal) -> None:
    contract = context.workspace.contract(refusal.source_table)
    if refusal.stage == REFINE:
        refine.refine_waiting(context, contract)
        return
    ingest.ingest(context, context.workspace.source(contract.source), contract)
    if _is_corrected(context, refusal):
        LOG.info(f"batches: {refusal.batch_id} is gone, and what has come in its place is taken in")
    elif not _is_taken(context, refusal):
        raise NotFound(
            f"{refusal.batch_id} can't be read any more, because its file isn't in the landing zone; have the partner "
            f"deliver it again, or drop it (fieldstone batches drop {refusal.batch_id})"
        )


def _is_taken(context: Context, refusal: Refusal) -> bool:
    """Whether a batch has passed: it is in silver, or the refused file is now part of a batch."""
    lake, table = context.lake, refusal.source_table
    if refusal.stage == REFINE:
        return refusal.batch_id in {batch.batch_id for batch in lake.batches(table, REFINE)}
    known = {part.sha256 for batch in lake.batches(table, INGEST) for part in batch.parts}
    return known.issuperset(part.sha256 for part in refusal.parts)


def _is_corrected(context: Context, refusal: Refusal) -> bool:
    """Whether a later file with the name of a refused one is part of a batch."""
    lake, table = context.lake, refusal.source_table
    since = _first_refused(context, refusal)
    later = [batch for batch in lake.batches(table, INGEST) if batch.received_at >= since]
    names = {part.name for batch in later for part in batch.parts}
    return names.issuperset(part.name for part in refusal.parts)


def _first_refused(context: Context, refusal: Refusal) -> datetime:
    history = refusals.history(context.lake, refusal.source_table)
    return min(each.at for each in history if each.batch_id == refusal.batch_id)
