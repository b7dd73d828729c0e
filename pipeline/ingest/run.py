"""`fieldstone ingest SOURCE`: pull new rows, gate them, and write them to bronze once."""

import logging
from collections.abc import Sequence
from functools import partial

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema import table_names
from conf.schema.contract import Contract, LawfulBasis
from conf.schema.errors import FieldstoneError, Forbidden
from conf.schema.source import Source
from expectations.typed import Zones
from lake import contract_versions, ledger, notices, restrictions, schema, staging, stops
from lake.batch import INGEST, Batch
from lake.engine import reraise_worker_errors
from lake.ledger import Writer
from lake.pseudonym import numbers_key
from lake.quarantine_outcomes import resolved_rows
from lake.vault import unsealed_under
from pipeline import batch_notes, contracts
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.failures import Tried
from pipeline.ingest import late_consent, plain_names, row_admission
from pipeline.ingest.api import listings
from pipeline.ingest.database import ranges
from pipeline.ingest.files import new_files, stray_files
from pipeline.ingest.files.file_drop import failure, problems_text, unpacking
from pipeline.ingest.pull import Pull
from pipeline.sources import outages

LOG = logging.getLogger(__name__)

_CONNECTIONS = {"files": new_files.pull, "api": listings.pull, "database": ranges.pull}
_ADMITTED = "admitted"  # the staging table of admitted rows


def run(context: Context, source_name: str) -> list[Batch]:
    """Ingest every asset of a source, even if some fail; returns the new batches.

    Raises:
        FieldstoneError: assets failed; the others have been ingested.
    """
    context.require_present("ingest")  # a wrong clock or key isn't a failure of the source
    context.vault.require_masters()
    context.trail.require_whole()  # suspensions and exits depend on it
    source, batches, tried = context.workspace.source(source_name), [], Tried()
    if not _ended(context, source):
        with tried.each("stray files"):
            stray_files.tell(context, source)
    for contract in context.workspace.tables_of(source_name):
        with tried.each(contract.table):
            batches.append(ingest(context, source, contract))
    with tried.each("the note of it"):
        outages.note(context, source_name, is_whole=not tried.failed)
    tried.end()
    return [batch for batch in batches if batch]


def ingest(context: Context, source: Source, contract: Contract) -> Batch | None:
    """Ingest the new rows of one asset as one batch.

    Raises:
        Forbidden: no data may be pulled from the partner on this day.
    """
    lake = context.lake
    if ended := _ended(context, source):
        LOG.warning(f"ingest {contract.table}: {ended}", extra={"table": contract.table})
        return None
    partner = context.workspace.partners.get(source.name)
    if partner and (refusal := partner.refusal(context.today)):
        raise Forbidden(refusal)
    outages.require_gates(context, contract)
    plain_names.hide(context, source, contract)
    with ledger.locked(lake, contract, INGEST) as lock, unpacking(context, contract):
        contracts.keep(context, contract)
        context.require_present("ingest")
        context.vault.require_masters()
        withdrawals.begin(context, contract)
        who = permitted(context, contract)
        with staging.area(lake, f"gate-{contract.table}") as persisted:
            if who is not None and late_consent.is_followed(source, contract):
                # computed once: the subjects noted as followed must be those who are admitted
                who = F.broadcast(persisted(who, "permitted"))
                late_consent.bring_in(context, source, contract, who, partial(_write, context, lock))
            finished = lake.batches(contract.table, INGEST)
            if pull := _CONNECTIONS[source.connection.kind](context, source, contract, finished):
                return _write(context, lock, pull, who)
        withdrawals.end(context, contract)
    why = _unconsented(context, contract) if source.connection.kind == "api" else None
    what = f"{why}, so no records were requested" if why else "nothing new"
    LOG.info(f"ingest {contract.table}: {what}", extra={"table": contract.table})
    return None


def _write(context: Context, lock: ledger.LockedTable, pull: Pull, who: DataFrame | None) -> Batch:
    """Write a pull as a batch, unless it is a late pull without any row to add.

    Args:
        who: subjects whose rows are admitted, as `permitted` returns them.

    Raises:
        ContractError, NotFound: a part can't be written; the rest is written. For a late pull this is only logged, so
            that new rows go on.
    """
    contract = lock.contract
    with ledger.batch(lock) as writer:
        pull, admitted = _admitted(context, contract, writer, pull, who)
        batch = _counted(context, contract, pull, admitted)
        if pull.late and pull.problems:
            LOG.warning(f"ingest {contract.table}: {problems_text(pull.problems)}", extra={"table": contract.table})
        if pull.late and not (batch.rows_stored or batch.rows_quarantined):
            return batch
        store_beside(context, contract, admitted, batch.batch_id)
        writer.commit(contract.named("bronze"), batch.batch_id, _ADMITTED, "_status", row_admission.ACCEPTED)
        writer.finish(batch)
    if not pull.problems:
        withdrawals.end(context, contract)
    _tell(context, contract, batch, who)
    if pull.problems and not pull.late:
        raise failure(pull.problems, pull.is_refused)
    return batch


def _tell(context: Context, contract: Contract, batch: Batch, who: DataFrame | None) -> None:
    kept_out = batch.rows_not_authorised
    batch_notes.tell_ingested(batch)
    if not batch.is_late:
        earlier = [each for each in context.lake.batches(contract.table, INGEST) if each.batch_id != batch.batch_id]
        batch_notes.tell_columns(batch, earlier[-1] if earlier else None)
    if kept_out and not batch.rows_stored and (why := _unconsented(context, contract)):
        LOG.warning(f"ingest {contract.table}: {why}, so all {kept_out:,} rows were turned away")
    if who is None and kept_out:
        LOG.info(
            f"ingest {contract.table}: {kept_out:,} of them are of restricted subjects, whose "
            "data are only stored until the statutory term ends: nothing more comes in, a new consent included"
        )


def _unconsented(context: Context, contract: Contract) -> str | None:
    """A message if a table needs consent and nobody has given any; None if somebody has, or if it needs none."""
    subjects = permitted(context, contract)
    is_nobody = subjects is not None and subjects.isEmpty()
    return f"nobody has consented to {contract.consent_scope}" if is_nobody else None


def _ended(context: Context, source: Source) -> str | None:
    """The decision because of which nothing is pulled from a partner; it isn't an error, so other jobs go on."""
    if stops.has_left(context.lake, source.name):
        return f"{source.name} has left, so nothing is taken in any more (fieldstone audit show)"
    if source.name in stops.suspended(context.lake):
        return f"{source.name} is suspended, so nothing is pulled (fieldstone partner resume {source.name})"
    return None


def _admitted(
    context: Context, contract: Contract, writer: Writer, pull: Pull, who: DataFrame | None
) -> tuple[Pull, DataFrame]:
    """The pull without the parts that can't be read, and its admitted rows."""
    try:
        return pull, _read(context, contract, writer, pull, who)
    except (FieldstoneError, PySparkException):
        if not (pull.again and (sound := pull.again())):
            raise
    return _admitted(context, contract, writer, sound, who)


def _read(context: Context, contract: Contract, writer: Writer, pull: Pull, who: DataFrame | None) -> DataFrame:
    """Read the source once: admitted rows are written to a staging table, with identifiers sealed."""
    admitted = admit(context, contract, pull.rows, pull.batch_id(contract), who)
    if pull.late:  # rows of other and of unknown subjects were handled at their first reading
        is_theirs = (
            F.col("_status").isin(row_admission.ACCEPTED, row_admission.REJECTED) & F.col("subject_key").isNotNull()
        )
        admitted = admitted.where(is_theirs)
    if pull.overlaps:
        admitted = row_admission.without_known(admitted, _known(context, contract, pull.overlaps))
    received = row_admission.identities_apart(admitted, contract).withColumn("_received_at", F.lit(context.as_of))
    with reraise_worker_errors():
        return writer.stage(received, _ADMITTED, by="_status")


def admit(
    context: Context,
    contract: Contract,
    rows: DataFrame,
    batch_id: str,
    who: DataFrame | None,
    carried: Sequence[str] = (),
) -> DataFrame:
    """Admit rows with the keys of the context, see `row_admission.admit`."""
    rows = row_admission.without_tokens(rows, contract, context.workspace.source(contract.source).nulls(contract.asset))
    return row_admission.admit(
        rows,
        contract,
        pseudonym_key=context.vault.secrets.pseudonym,
        numbers_key=numbers_key(context.vault),
        batch_key=context.vault.data_key(batch_id),
        batch_id=batch_id,
        permitted=who,
        restricted=restrictions.subjects(context.lake),
        today=context.today,
        zones=Zones(written=context.workspace.zone_of(contract.source), bank=context.zone),
        carried=carried,
    )


def permitted(context: Context, contract: Contract) -> DataFrame | None:
    """(`subject_key`, `consent_id`) of the subjects whose data may be ingested; None if no consent is needed."""
    if contract.lawful_basis is not LawfulBasis.CONSENT:
        return None
    return context.lake.permitted(contract, contract.purposes, context.as_of)


def _known(context: Context, contract: Contract, batch_ids: tuple[str, ...]) -> DataFrame:
    """Hashes of the rows of batches in bronze and in quarantine, and of rows that have left quarantine since."""
    lake = context.lake
    bronze = lake.read(contract.named("bronze"), purpose=contract.purposes, as_of=context.as_of)
    rejected = lake.platform(contract.named("quarantine")).where(F.col("stage") == INGEST)
    hashes = [rows.where(F.col(schema.BATCH).isin(*batch_ids)).select("_row_hash") for rows in (bronze, rejected)]
    gone = [(row_hash,) for batch_id, row_hash in resolved_rows(lake, contract.table) if batch_id in batch_ids]
    return hashes[0].union(hashes[1]).union(lake.spark.createDataFrame(gone, "_row_hash string")).distinct()


def store_beside(context: Context, contract: Contract, admitted: DataFrame, batch_id: str) -> None:
    """Store the parts that don't go to bronze: keys and identifiers in the vault, rejected rows in quarantine.

    Args:
        admitted: rows as `row_admission.identities_apart` returns them.
    """
    lake, vault = context.lake, context.vault
    if contract.subject:
        accepted = admitted.where(F.col("_status") == row_admission.ACCEPTED)
        vault.add_keys(accepted.select(F.col("subject_key").alias("key_id")))
        identity = unsealed_under(F.col("_sealed"), vault.data_key(batch_id), batch_id).alias("identity")
        identities = admitted.where(F.col("_status") == row_admission.IDENTITY).select(
            F.col("subject_key").alias("key_id"), F.lit(batch_id).alias(schema.BATCH), identity
        )
        sealed = vault.seal_rows(identities.distinct(), "identity", "identity_ciphertext")
        sealed = sealed.withColumn("subject_key", F.col("key_id")).withColumn("source_table", F.lit(contract.table))
        lake.append_batch(table_names.IDENTITIES, sealed, batch_id)
    rejected = admitted.where(F.col("_status") == row_admission.REJECTED).select(
        "subject_key",
        F.lit(INGEST).alias("stage"),
        F.array("_reject").alias("reasons"),
        F.array("_reject").alias("failed_checks"),
        F.lit(batch_id).alias("key_id"),
        F.col("_sealed").alias("row_ciphertext"),
        F.lit(context.as_of).alias("quarantined_at"),
        "_source_ref",
        "_row_hash",
        F.lit(batch_id).alias(schema.BATCH),
    )
    text = unsealed_under(F.col("row_ciphertext"), vault.data_key(batch_id), batch_id)
    linked = notices.linked(rejected, text, contract, vault.secrets.pseudonym, context.workspace.sharing_texts)
    lake.append_batch(contract.named("quarantine"), linked, batch_id)


def _counted(context: Context, contract: Contract, pull: Pull, admitted: DataFrame) -> Batch:
    """The batch of a pull, with the number of rows by outcome."""
    counts = {
        (r["_status"], r["_reject"]): r["count"] for r in admitted.groupBy("_status", "_reject").count().collect()
    }
    # sorted, because engines return groups in any order
    rejected = {
        reason: n for (status, reason), n in sorted(counts.items(), key=str) if status == row_admission.REJECTED
    }
    return Batch(
        batch_id=pull.batch_id(contract),
        source_table=contract.table,
        stage=INGEST,
        received_at=context.as_of,
        parts=pull.parts,
        watermark=pull.watermark,
        rows_read=sum(counts.values()) - counts.get((row_admission.IDENTITY, None), 0),
        rows_stored=counts.get((row_admission.ACCEPTED, None), 0),
        rows_not_authorised=counts.get((row_admission.NOT_AUTHORISED, None), 0),
        rows_duplicate=sum(n for (status, _), n in counts.items() if status == row_admission.DUPLICATE),
        rows_quarantined=sum(rejected.values()),
        quarantined_by_reason=rejected,
        ignored_columns=pull.drift.ignored,
        missing_columns=pull.drift.missing,
        is_late=bool(pull.late),
        contract_version=contract_versions.latest_number(context.lake, contract.table),
    )
