"""Sources that are out (suspended, failing, late, or never received), and the steps that must stop because of it.

Decisions use such a source only as far as the policy allows (`when_suspended`). While the consent register is out, no
data based on consent are ingested, because the known consents may have ended.
"""

from datetime import datetime, timedelta

from conf.schema.contract import Contract, LawfulBasis
from conf.schema.errors import ConsentError, DataError
from conf.schema.source import Source
from conf.schema.table_roles import TableRole
from lake import refusals, runs, stops
from lake.batch import INGEST, REFINE
from pipeline.context import Context

_FAILED, _WHOLE = "failed", "whole"


def note(context: Context, source_name: str, is_whole: bool) -> None:
    """Record the end of a source's ingest if it is news: a failure, or the first success after one."""
    if is_whole != (not _has_failed(context, source_name)):
        runs.record(context.lake, _job(source_name), _WHOLE if is_whole else _FAILED, context.as_of)


def out(context: Context) -> dict[str, str]:
    """Source → why it is out; only sources that are out."""
    left = stops.closed(context.lake)
    sources = [s for s in context.workspace.sources.values() if not {s.name, stops.EVERYTHING} & left]
    return {source.name: why for source in sources if (why := _why(context, source))}


def last_received(context: Context, source: Source) -> datetime | None:
    """The moment when the last batch of a source that wasn't refused was received."""
    lake, received = context.lake, []
    for contract in context.workspace.tables_of(source.name):
        standing = refusals.standing(lake, contract.table)
        batches = lake.batches(contract.table, INGEST)
        received += [batch.received_at for batch in batches if batch.batch_id not in standing]
    return max(received, default=None)


def require_gates(context: Context, contract: Contract) -> None:
    """Refuse to ingest data based on consent while the valid consents aren't known for certain.

    Raises:
        ConsentError: a gating source failed, a file of withdrawals is refused, or a batch isn't refined yet.
    """
    gates = [source for source in context.workspace.sources.values() if source.gates]
    if contract.lawful_basis is not LawfulBasis.CONSENT or contract.source in {gate.name for gate in gates}:
        return
    if reasons := [reason for gate in gates for reason in _unclear(context, gate)]:
        raise ConsentError(
            f"{contract.table} needs consent, but it isn't certain who has consented: {'; '.join(reasons)}; correct "
            "that first, then run this again"
        )


def require_tables(context: Context, tables: list[str]) -> None:
    """Refuse to compute features from tables that have never been filled.

    Raises:
        DataError: a table that its source must deliver has no row in silver.
    """
    excused = stops.suspended(context.lake) | stops.closed(context.lake)
    missing = [
        contract.table
        for contract in map(context.workspace.contract, tables)
        if not {contract.source, stops.EVERYTHING} & excused
        and not context.workspace.source(contract.source).assets[contract.asset].optional
        and not (context.lake.exists(contract.named("silver")) and context.lake.count(contract.named("silver")))
    ]
    if missing:
        raise DataError(
            f"features need {', '.join(missing)}, which have no rows in silver; ingest and refine their source first "
            "(fieldstone batches list shows what was refused), or mark the asset optional in its source"
        )


def _why(context: Context, source: Source) -> str | None:
    last, partner = last_received(context, source), context.workspace.partners.get(source.name)
    if source.name in stops.suspended(context.lake):
        return "suspended"
    if _has_failed(context, source.name):
        return "failed"
    if last is None:
        return None if all(asset.optional for asset in source.assets.values()) else "never came"
    agreed = partner and partner.delivery
    is_late = agreed and context.as_of - last > timedelta(days=agreed.every_days)
    return "late" if is_late else None


def _unclear(context: Context, gate: Source) -> list[str]:
    reasons = [f"{gate.name} could not be taken in (fieldstone ingest {gate.name})"] * _has_failed(context, gate.name)
    for contract in context.workspace.tables_of(gate.name):
        known = refusals.latest(context.lake, contract.table)
        is_refused = any(refusal.stage == INGEST and refusal.stands for refusal in known.values())
        if is_refused and contract.role is TableRole.WITHDRAWAL:  # a refused file of grants only permits less
            reasons.append(f"a file of {contract.table} stands refused (fieldstone batches list)")
        done = {batch.batch_id for batch in context.lake.batches(contract.table, REFINE)} | known.keys()
        if {batch.batch_id for batch in context.lake.batches(contract.table, INGEST)} - done:
            reasons.append(f"a batch of {contract.table} waits (fieldstone refine {gate.name})")
    return reasons


def _has_failed(context: Context, source_name: str) -> bool:
    return context.lake.exists(runs.TABLE) and runs.last(context.lake, _job(source_name)) == _FAILED


def _job(source_name: str) -> str:
    return f"ingest-{source_name}"
