"""`fieldstone ingest SOURCE`: pull what is new, gate it, and write it to bronze once."""

import hashlib

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.contract import Contract, LawfulBasis
from conf.source import Source
from jobs.context import Context
from jobs.ingest import door, files
from lake import schema
from lake.vault import unsealed_under


def run(context: Context, source_name: str) -> list[dict]:
    """Ingest every asset of a source; returns a ledger record per batch, none where nothing was new."""
    source = context.workspace.source(source_name)
    batches = [ingest(context, source, contract) for contract in context.workspace.tables_of(source_name)]
    return [batch for batch in batches if batch]


def ingest(context: Context, source: Source, contract: Contract) -> dict | None:
    """Ingest what is new of one asset as one batch.

    The ledger entry comes last: until it is there, the batch is not, and the next run does it over in place.
    """
    lake, bronze, asset = context.lake, contract.named("bronze"), source.assets[contract.asset]
    with lake.lock(bronze):
        seen = {file["sha256"] for batch in lake.batches(contract.table, "ingest") for file in batch["files"]}
        new = _first_of_each(
            [d for d in files.deliveries(context.workspace, source, contract.asset) if d.sha256 not in seen]
        )
        if not new:
            print(f"ingest {contract.table}: nothing new")
            return None
        drift = files.inspect(new, asset, contract)
        batch_id = _batch_id(contract, new)
        _forget_unfinished(context, contract)
        staged = _stage(context, contract, files.read(lake.spark, new, asset, contract), batch_id)
        counts = {
            (r["_status"], r["_reject"]): r["count"] for r in staged.groupBy("_status", "_reject").count().collect()
        }
        _store(context, contract, staged, batch_id)
        record = _record(context, contract, new, drift, batch_id, counts)
        lake.append_records("audit__batches", [record])
        lake.unstage(batch_id)
    print(
        f"ingest {contract.table}: {record['rows_read']:,} rows read from {len(new)} files, "
        f"{record['rows_stored']:,} stored, {record['rows_not_authorised']:,} not authorised, "
        f"{record['rows_quarantined']:,} quarantined"
    )
    return record


def _stage(context: Context, contract: Contract, rows: DataFrame, batch_id: str) -> DataFrame:
    """Read the source once: what comes through the door is written to a scratch table, identifiers sealed."""
    consent_needed = contract.lawful_basis is LawfulBasis.CONSENT
    permitted = context.lake.permitted(contract, contract.purposes, context.as_of) if consent_needed else None
    key = context.vault.data_key(batch_id)
    admitted = door.admit(rows, contract, permitted, context.vault.secrets.pseudonym, key, batch_id)
    return context.lake.stage(admitted, batch_id)


def _store(context: Context, contract: Contract, staged: DataFrame, batch_id: str) -> None:
    """Split the staged rows: identifiers to the vault, rejected rows to quarantine, the rest to bronze."""
    lake, vault, received = context.lake, context.vault, F.lit(context.as_of)
    accepted = staged.where(F.col("_status") == door.ACCEPTED).withColumn(schema.BATCH, F.lit(batch_id))
    if contract.subject:
        vault.add_keys(accepted.select(F.col("subject_key").alias("key_id")))
        identity = unsealed_under(F.col("_sealed"), vault.data_key(batch_id), batch_id).alias("identity")
        identities = accepted.where("_sealed IS NOT NULL").select(
            F.col("subject_key").alias("key_id"), schema.BATCH, identity
        )
        sealed = vault.seal_rows(identities.distinct(), "identity", "identity_ciphertext")
        sealed = sealed.withColumn("subject_key", F.col("key_id")).withColumn("source_table", F.lit(contract.table))
        lake.append_batch("vault__identities", sealed, batch_id)
    rejected = staged.where(F.col("_status") == door.REJECTED).select(
        F.lit(None).cast("string").alias("subject_key"),
        F.lit("ingest").alias("stage"),
        F.array("_reject").alias("reasons"),
        F.array("_reject").alias("failed_checks"),
        F.lit(batch_id).alias("key_id"),
        F.col("_sealed").alias("row_ciphertext"),
        received.alias("quarantined_at"),
        "_source_ref",
        F.lit(None).cast("string").alias("_row_hash"),
        F.lit(batch_id).alias(schema.BATCH),
    )
    lake.append_batch(contract.named("quarantine"), rejected, batch_id)
    lake.append_batch(contract.named("bronze"), accepted.withColumn("_received_at", received), batch_id)


def _forget_unfinished(context: Context, contract: Contract) -> None:
    """Drop what a killed run left behind, whichever files it had begun with."""
    lake = context.lake
    finished = {batch["batch_id"] for batch in lake.batches(contract.table, "ingest")}
    for table in (contract.named("bronze"), contract.named("quarantine")):
        lake.create(table)
        for batch_id in lake.batch_ids(table) - finished:
            lake.drop_batch(table, batch_id)


def _record(context: Context, contract: Contract, new, drift: files.Drift, batch_id: str, counts: dict) -> dict:
    rejected = {reason: n for (status, reason), n in counts.items() if status == door.REJECTED}
    return {
        "batch_id": batch_id,
        "source_table": contract.table,
        "stage": "ingest",
        "received_at": context.as_of,
        "files": [{"name": d.name, "sha256": d.sha256, "bytes": d.bytes} for d in new],
        "rows_read": sum(counts.values()),
        "rows_stored": counts.get((door.ACCEPTED, None), 0),
        "rows_not_authorised": counts.get((door.NOT_AUTHORISED, None), 0),
        "rows_duplicate": 0,
        "rows_quarantined": sum(rejected.values()),
        "quarantined_by_reason": rejected,
        "ignored_columns": list(drift.ignored),
        "missing_columns": list(drift.missing),
    }


def _batch_id(contract: Contract, new: list[files.Delivery]) -> str:
    """The same files always make the same batch."""
    content = "\n".join([contract.table, *sorted(d.sha256 for d in new)])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _first_of_each(found: list[files.Delivery]) -> list[files.Delivery]:
    """A file delivered twice under two names is one file."""
    return list({d.sha256: d for d in reversed(found)}.values())[::-1]
