"""Checks on keys, which look beyond one row: copies, contradictions and orphans. They judge only sound rows."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from conf.contract import Contract
from conf.reasons import Reason
from expectations.checks import FAILED_CHECKS, REASONS

IS_COPY = "_is_copy"
UNIQUE = "primary_key.unique"

_TIE_BREAK = ("_received_at", "_batch_id", "_source_ref", "_row_hash")


def copies(frame: DataFrame, entry: Contract, known: DataFrame | None = None) -> DataFrame:
    """Mark rows that say again what another says, and fail those that contradict it.

    Args:
        frame: rows that `failures` has judged.
        entry: their contract. With `versioned: false`, rows of one key with different content fail with
            DUPLICATE_KEY, all of them, for nothing tells which one is right.
        known: rows of silver to compare with, at least those of the same keys: a row that silver holds is a copy,
            one that contradicts it fails.

    Returns:
        The rows of `frame` with `_is_copy`: all but the first of equal rows. Rows that failed before are no copies.
    """
    content = [*entry.stored, "subject_key"]
    rows = frame.withColumn("_is_known", F.lit(False))
    if known is not None:
        already = known.select(*content, F.lit(True).alias("_is_known"), F.array().cast("array<string>").alias(REASONS))
        rows = rows.unionByName(already, allowMissingColumns=True)
    of_key = Window.partitionBy(F.size(REASONS) == 0, *entry.primary_key)
    ordered = of_key.orderBy("_content", F.desc("_is_known"), *_TIE_BREAK)
    is_sound = F.size(REASONS) == 0
    rows = (
        rows.withColumn("_content", F.xxhash64(*(_printed(name) for name in content)))
        .withColumn(IS_COPY, is_sound & F.coalesce(F.lag("_content").over(ordered) == F.col("_content"), F.lit(False)))
        .withColumn("_is_torn", is_sound & (F.min("_content").over(of_key) != F.max("_content").over(of_key)))
        .where(~F.col("_is_known"))
    )
    if not entry.versioned:
        rows = _failed(rows, F.col("_is_torn"), Reason.DUPLICATE_KEY, UNIQUE)
    return rows.select(*frame.columns, IS_COPY)


def orphans(frame: DataFrame, entry: Contract, referenced: Mapping[str, DataFrame]) -> DataFrame:
    """Fail rows that refer to a key that its table doesn't hold, with ORPHAN_KEY, or that is another subject's.

    Args:
        frame: rows that `failures` has judged.
        entry: their contract; columns with `references` are looked at, null refers to nothing.
        referenced: rows by table (`bank__loan`), one entry for each table referred to; with `subject_key` where the
            reference asks for the `same_subject`, which fails with OTHER_SUBJECT.
    """
    columns = frame.columns
    for name, column in entry.stored.items():
        if column.references:
            rows, key = referenced[column.references.table], F.col(column.references.column).alias("_key")
            joined = frame.join(rows.select(key).distinct(), F.col(name) == F.col("_key"), "left")
            refers = (F.size(REASONS) == 0) & F.col(name).isNotNull()
            frame = _failed(joined, refers & F.col("_key").isNull(), Reason.ORPHAN_KEY, reference(name))
            frame = frame.select(*columns)
            if column.references.same_subject:
                own = rows.select(key, F.col("subject_key").alias("_owner")).distinct()
                is_own = (F.col(name) == F.col("_key")) & (F.col("subject_key") == F.col("_owner"))
                joined, refers = frame.join(own, is_own, "left"), (F.size(REASONS) == 0) & F.col(name).isNotNull()
                frame = _failed(joined, refers & F.col("_key").isNull(), Reason.OTHER_SUBJECT, reference(name))
                frame = frame.select(*columns)
    return frame


def reference(column: str) -> str:
    """Name of the check that what a column refers to exists."""
    return f"{column}.references"


def _failed(frame: DataFrame, fails: Column, reason: Reason, check: str) -> DataFrame:
    """Note one more failed check on the rows where `fails` holds."""
    reasons = F.array_sort(F.array_union(REASONS, F.array(F.lit(reason.value))))
    names = F.array_append(FAILED_CHECKS, check)
    return frame.withColumns(
        {
            REASONS: F.when(fails, reasons).otherwise(F.col(REASONS)),
            FAILED_CHECKS: F.when(fails, names).otherwise(F.col(FAILED_CHECKS)),
        }
    )


def _printed(name: str) -> Column:
    """A column for hashing: null differs from empty."""
    return F.coalesce(F.col(name).cast("string"), F.lit("\x00"))
