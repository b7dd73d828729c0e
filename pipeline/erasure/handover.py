"""Hand-over of a partner's data when it leaves: only data that may still be used, and decided by two people."""

import logging
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema import table_names
from conf.schema.contract import Contract
from conf.schema.errors import Forbidden
from lake import raw_access
from lake.schema import BATCH
from pipeline import exports
from pipeline.consent import withdrawals
from pipeline.context import Context

LOG = logging.getLogger(__name__)


def hand_over(
    context: Context, contracts: list[Contract], folder: Path, identifiers: bool, operator: str, approver: str | None
) -> None:
    """Write the rows of bronze as Parquet, with pseudonyms, a folder for each table.

    Rows and identifiers of subjects whose consent has ended, or who are restricted, aren't handed over.

    Args:
        folder: a new or an empty folder outside the state folder; nobody else on the machine can read it.
        identifiers: whether to write the plain identifiers of the same persons, in folders of their own.

    Raises:
        FieldstoneError: two people haven't decided it, the folder isn't allowed, or a withdrawal may be unknown;
            nothing was written.
    """
    if not approver or context.workspace.people.is_same(approver, operator):
        raise Forbidden(
            f"{operator} carries the hand-over out, and a different person has to approve it: give --approver NAME"
        )
    exports.require_new(context, folder)
    withdrawals.require_settled(context, "a hand-over")
    lake = context.lake
    received = [c for c in contracts if lake.exists(c.named("bronze"))]
    rows = {
        c.table: lake.read(c.named("bronze"), purpose=c.purposes, as_of=context.present).drop("_is_shared")
        for c in received
    }
    counts = {table: frame.count() for table, frame in rows.items()}
    behind = {c.table: raw_access.count(lake, c.named("bronze"), {}) - counts[c.table] for c in received}
    # recorded first, so that nothing is ever handed over without an entry
    details = {"rows": counts, "rows_left_behind": behind, "identifiers": identifiers, "approved_by": approver}
    context.trail.record(operator, "hand over", **details)
    exports.made(folder)
    for contract in received:
        frame = rows[contract.table]
        _write(frame, folder / contract.table)
        if identifiers and contract.identifiers:
            _write(_identities(context, contract, frame), folder / f"{contract.table}.identifiers")
    left = (
        f"; {sum(behind.values()):,} rows are left out, because they may not be handed over"
        if any(behind.values())
        else ""
    )
    LOG.info(f"exit: {sum(counts.values()):,} rows of {len(counts)} tables handed over in {folder}{left}")


def _identities(context: Context, contract: Contract, rows: DataFrame) -> DataFrame:
    """Identifiers of the persons in the rows: `subject_key`, the batch, and `identity` as JSON."""
    sealed = context.lake.platform(table_names.IDENTITIES).where(F.col("source_table") == contract.table)
    named = sealed.join(rows.select("subject_key").distinct(), "subject_key", "left_semi")
    named = named.select(F.col("subject_key").alias("key_id"), BATCH, "identity_ciphertext")
    opened = context.vault.unseal_rows(named, "identity_ciphertext", "identity")
    return opened.withColumnRenamed("key_id", "subject_key")


def _write(rows: DataFrame, folder: Path) -> None:
    rows.write.parquet(str(folder))
    folder.mkdir(exist_ok=True)  # an engine may write nothing if there are no rows
    exports.for_the_owner_alone(folder)
