"""Rows that wait in quarantine, with their reasons and values."""

import json
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Contract
from conf.schema.quarantine_reasons import ReasonCode
from lake import contract_versions, quarantine_outcomes, schema
from lake.batch import INGEST, REFINE
from pipeline.context import Context
from pipeline.quarantine.row_choice import Selection

_UNREADABLE = {ReasonCode.RAGGED_ROW, ReasonCode.BAD_RECORD}


@dataclass(frozen=True)
class Waiting:
    """A row in quarantine without its content."""

    batch_id: str
    row_hash: str
    stage: str
    subject_key: str | None
    reasons: tuple[str, ...]
    failed_checks: tuple[str, ...]

    @property
    def key(self) -> quarantine_outcomes.Key:
        return self.batch_id, self.row_hash


def waiting(context: Context, contract: Contract, chosen: Selection) -> list[Waiting]:
    """The selected rows that are neither released nor dropped; identical rows count as one."""
    done = quarantine_outcomes.resolved_rows(context.lake, contract.table)
    columns = [schema.BATCH, "_row_hash", "stage", "subject_key", "reasons", "failed_checks"]
    records = _chosen(context, contract, chosen).select(*columns).collect()
    chosen_rows = [
        Waiting(r[schema.BATCH], r["_row_hash"], r["stage"], r["subject_key"], *(tuple(r[c]) for c in columns[4:]))
        for r in records
    ]
    rows = {row.key: row for row in chosen_rows}
    return [rows[key] for key in sorted(rows) if key not in done]


def sealed(context: Context, contract: Contract, rows: list[Waiting]) -> DataFrame:
    """Rows as stored in quarantine, sealed.

    `is_line`: the line couldn't be split into columns. Not `is_in_place`: values may be in the wrong columns,
    for which the row was rejected at admission.
    """
    keys = context.lake.spark.createDataFrame([row.key for row in rows], f"{schema.BATCH} string, _row_hash string")
    unreadable = F.array(*[F.lit(str(reason)) for reason in sorted(_UNREADABLE)])
    return (
        context.lake.platform(contract.named("quarantine"))
        .join(F.broadcast(keys), [schema.BATCH, "_row_hash"], "left_semi")
        .withColumns({"source_table": F.lit(contract.table), "is_line": F.arrays_overlap("reasons", unreadable)})
        .withColumn("is_in_place", F.col("stage") != INGEST)
    )


def readable(context: Context, contract: Contract, rows: list[Waiting]) -> dict[quarantine_outcomes.Key, dict | str]:
    """Values of rows, decrypted for a replay: columns as text, or the line; without rows whose key is destroyed.

    Columns have their present names, even if they were renamed after a row arrived.
    """
    opened = context.vault.unseal_rows(sealed(context, contract, rows), "row_ciphertext", "row").collect()
    known = contract_versions.of(context.lake, contract)
    versions = contract_versions.taken_in_by(context.lake, contract.table)
    return {
        (r[schema.BATCH], r["_row_hash"]): r["row"]
        if r["is_line"]
        else contract_versions.by_present_names(
            json.loads(r["row"]), contract_versions.followed(versions.get(r[schema.BATCH]), known)
        )
        for r in opened
    }


def _chosen(context: Context, contract: Contract, chosen: Selection) -> DataFrame:
    rows = context.lake.platform(contract.named("quarantine"))
    if chosen.reason:
        rows = rows.where(F.array_contains("reasons", chosen.reason))
    if chosen.batch:
        rows = rows.where(F.col(schema.BATCH).isin(chosen.batch, f"{chosen.batch}-{REFINE}"))
    return rows.where(F.col("_row_hash").startswith(chosen.row)) if chosen.row else rows
