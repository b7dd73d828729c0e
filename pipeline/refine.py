"""`fieldstone refine SOURCE`: bronze to silver, each row is checked by its contract; failing rows go to quarantine.

A batch with too many failing rows is set aside and waits for a person (`fieldstone batches`); later batches are still
refined. Rows of other tables that refer to its rows are orphans then, and wait in quarantine until they are released.
"""

import logging
from dataclasses import replace
from graphlib import TopologicalSorter

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.clock import zoned_sql
from conf.schema.contract import Contract
from conf.schema.errors import Refused
from conf.schema.table_roles import TableRole
from expectations import suite
from expectations.checks import FAILED_CHECKS, REASONS, failures
from expectations.key_checks import IS_COPY, copies, numbered, orphans
from expectations.typed import RAW, Zones, typed, with_record_key
from lake import contract_versions, ledger, notices, refusals, schema, staging
from lake.batch import INGEST, Batch
from lake.batch import REFINE as STAGE
from lake.ledger import Writer
from lake.refusals import Action
from pipeline import batch_notes, contracts, reports, sealing
from pipeline.consent import alerts as consent_alerts
from pipeline.context import Context
from pipeline.failures import Tried
from pipeline.sources import scores

LOG = logging.getLogger(__name__)

_REMEDY = (
    "Have the partner send it again and drop this one, or change the contract and retry it, or accept it without its "
    "bad rows: fieldstone batches drop|retry|accept BATCH --who NAME --why TEXT"
)


def run(context: Context, source_name: str) -> list[Batch]:
    """Refine the waiting batches of all tables of a source, referenced tables first, even if some tables fail.

    Returns:
        The refined batches; empty if none waited.

    Raises:
        FieldstoneError: tables failed, or batches were refused; all others are refined.
    """
    tried, batches = Tried(), []
    for contract in _referenced_first(context.workspace.tables_of(source_name)):
        with tried.each(contract.table):
            batches += refine_waiting(context, contract)
    tried.end()
    return batches


def refine_waiting(context: Context, contract: Contract) -> list[Batch]:
    """Refine every batch of a table that isn't refined yet, in the order of receipt; refused ones are set aside.

    Returns:
        The batches after refinement.

    Raises:
        Refused: batches were refused that had not been before; all others are refined.
    """
    lake = context.lake
    with ledger.locked(lake, contract, STAGE) as lock:
        context.require_present("refine")
        context.vault.require_masters()
        context.trail.require_whole()
        contracts.keep(context, contract)
        lake.create(contract.named("silver"))  # even if nothing waits, because other tables refer to it
        done = {batch.batch_id for batch in lake.batches(contract.table, STAGE)}
        decided = {b: r.action for b, r in refusals.latest(lake, contract.table).items() if r.stage == STAGE}
        done |= {batch_id for batch_id, action in decided.items() if action in (Action.REFUSE, Action.DROP)}
        waiting = [batch for batch in lake.batches(contract.table, INGEST) if batch.batch_id not in done]
        judged = {
            batch.batch_id: refine(context, lock, batch, decided.get(batch.batch_id) is Action.ACCEPT)
            for batch in waiting
        }
    consent_alerts.tell(context, contract)
    if not waiting:
        standing = Action.REFUSE in decided.values()
        what = f"nothing new{'; batches stand refused: fieldstone batches list' * standing}"
        LOG.info(f"refine {contract.table}: {what}", extra={"table": contract.table})
    if refused := {batch_id: outcome for batch_id, outcome in judged.items() if isinstance(outcome, str)}:
        raise Refused(_refusal_text(contract, refused, _referring(context, contract)))
    return [batch for batch in judged.values() if isinstance(batch, Batch)]


def refine(context: Context, lock: ledger.LockedTable, batch: Batch, is_accepted: bool = False) -> Batch | str:
    """Check one batch: its good rows go to silver, the others to quarantine.

    Args:
        batch: as ingested.
        is_accepted: whether a person lets it pass, regardless of how many rows fail.

    Returns:
        The batch after refinement, or the reason why it was refused and set aside, with silver unchanged.
    """
    lake, contract, batch_id = context.lake, lock.contract, batch.batch_id
    bronze = lake.read(contract.named("bronze"), purpose=contract.purposes, as_of=context.as_of)
    rows = bronze.where(F.col(schema.BATCH) == batch_id)
    with ledger.batch(lock) as writer:
        judged = judge(context, contract, rows, batch_id, writer)
        quality = scores.quality(context, contract, judged)
        refusal = None if is_accepted else _over_limit(contract, batch, quality)
        if not batch.is_late:  # for rows that are read again, the partner was scored when they came first
            scores.note(context, contract, batch, quality, is_refused=refusal is not None)
        if quality.rows:
            folder = reports.folder(context.workspace) / "data_docs" / contract.source
            suite.publish(quality, contract, folder, context.workspace.settings.languages)
        refined = _judged(context, batch, quality)
        if not refusal:
            _store(context, contract, judged, batch_id)
            writer.finish(refined)
    if refusal:
        _set_aside(context, batch, refusal)
        return refusal
    batch_notes.tell_refined(refined)
    return refined


def _over_limit(contract: Contract, batch: Batch, quality: suite.BatchQuality) -> str | None:
    """Why a batch must be refused; None if it needn't.

    Notices of withdrawal are never refused as a whole, because each ends a consent; nor are the few rows that are
    read again after a late consent, because their files passed the check when they came first.
    """
    if contract.role is TableRole.WITHDRAWAL or batch.is_late:
        return None
    return suite.over_limit(quality, contract, batch.quarantined_by_reason, batch.rows_read)


def judge(context: Context, contract: Contract, rows: DataFrame, batch_id: str, writer: Writer) -> DataFrame:
    """Check rows of bronze by their contract, the keys in silver and the rows that they refer to.

    Args:
        rows: of one batch.
        writer: of their new batch; the rows are checked in its staging tables.
    """
    lake = context.lake
    zones = Zones(written=context.workspace.zone_of(contract.source), bank=context.zone)
    silver = lake.read(contract.named("silver"), purpose=contract.purposes, as_of=context.as_of)
    known = silver.where(F.col(schema.BATCH) != batch_id)
    referenced = {
        column.references.table: lake.read(
            f"silver_{column.references.table}", purpose=contract.purposes, as_of=context.as_of
        )
        for column in contract.stored.values()
        if column.references
    }
    # stored once separately, so that keys can be read alone
    alone = writer.stage(numbered(failures(with_record_key(typed(rows, contract, zones), contract), contract)), "alone")
    judged = writer.stage(alone.transform(copies, contract, known).transform(orphans, contract, referenced), "judged")
    writer.unstage("alone")
    return judged


def versioned(rows: DataFrame, contract: Contract, zone: str) -> DataFrame:
    """Add the moment of the event and the moment it became known; a date counts as the day's beginning in a zone.

    An event without a moment counts as happened when it became known.
    """
    published = contract.published or "_received_at"
    happened = contract.event_time or published
    if contract.event_time and contract.columns[happened].type == "date":
        happened = zoned_sql(f"CAST({happened} AS TIMESTAMP)", zone)
    return rows.withColumn("event_time", F.expr(happened)).withColumn("known_at", F.col(published))


def _store(context: Context, contract: Contract, judged: DataFrame, batch_id: str) -> None:
    sound = judged.where((F.size(REASONS) == 0) & ~F.col(IS_COPY)).transform(versioned, contract, context.zone)
    _quarantine(context, contract, judged.where(F.size(REASONS) > 0), batch_id)
    staging.append(context.lake, contract.named("silver"), sound, batch_id)
    sealing.batch(context, contract, batch_id)


def _quarantine(context: Context, contract: Contract, failed: DataFrame, batch_id: str) -> None:
    """Store failed rows, sealed under their subject's key, so that erasing the subject erases them too."""
    owner = F.coalesce("subject_key", F.lit(batch_id)).alias("key_id")
    plain = F.to_json(F.struct(*[F.col(f"{RAW}.{name}").alias(name) for name in contract.stored])).alias("row")
    rows = failed.select(
        "subject_key",
        F.lit(STAGE).alias("stage"),
        F.col(REASONS).alias("reasons"),
        F.col(FAILED_CHECKS).alias("failed_checks"),
        owner,
        plain,
        F.lit(context.as_of).alias("quarantined_at"),
        "_source_ref",
        "_row_hash",
        F.lit(f"{batch_id}-{STAGE}").alias(schema.BATCH),
    )
    key, texts = context.vault.secrets.pseudonym, context.workspace.sharing_texts
    linked = notices.linked(rows, F.col("row"), contract, key, texts)
    sealed = context.vault.seal_rows(linked, "row", "row_ciphertext")
    context.lake.append_batch(contract.named("quarantine"), sealed, f"{batch_id}-{STAGE}")


def _set_aside(context: Context, batch: Batch, reason: str) -> None:
    refusals.note(
        context.lake,
        batch_id=batch.batch_id,
        source_table=batch.source_table,
        stage=STAGE,
        parts=batch.parts,
        reason=reason,
        at=context.as_of,
        rows=batch.rows_stored,
    )
    LOG.warning(
        f"refine {batch.source_table}: batch {batch.batch_id} is refused and set aside",
        extra={"table": batch.source_table, "batch": batch.batch_id},
    )


def _refusal_text(contract: Contract, refused: dict[str, str], referring: list[str]) -> str:
    """Text on why batches were refused, and what a person can do."""
    reasons = "; ".join(f"batch {batch_id} of {contract.table}: {reason}" for batch_id, reason in refused.items())
    orphans = (
        f". Until then rows of {', '.join(referring)} that refer to it fail as ORPHAN_KEY; afterwards release them, or "
        "retry their batch"
    )
    return f"refused and set aside, with nothing of it in silver: {reasons}. {_REMEDY}{orphans if referring else ''}"


def _referring(context: Context, contract: Contract) -> list[str]:
    return sorted(
        other.table
        for other in context.workspace.contracts.values()
        if any(column.references and column.references.table == contract.table for column in other.stored.values())
    )


def _judged(context: Context, batch: Batch, quality: suite.BatchQuality) -> Batch:
    """An ingested batch after refinement."""
    return replace(
        batch,
        stage=STAGE,
        rows_read=quality.rows,
        rows_stored=quality.sound,
        rows_not_authorised=batch.rows_stored - quality.rows,
        rows_duplicate=quality.copies,
        rows_quarantined=quality.failed_rows,
        quarantined_by_reason=quality.by_reason,
        contract_version=contract_versions.latest_number(context.lake, batch.source_table),
    )


def _referenced_first(contracts: list[Contract]) -> list[Contract]:
    by_table = {contract.table: contract for contract in contracts}
    graph = {
        contract.table: {c.references.table for c in contract.columns.values() if c.references} & by_table.keys()
        for contract in contracts
    }
    return [by_table[table] for table in TopologicalSorter(graph).static_order()]
