"""Checks on keys, which compare rows: copies, contradictions and orphans. Rows that failed before aren't compared."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from conf.schema.contract import Contract
from conf.schema.quarantine_reasons import ReasonCode
from expectations.checks import FAILED_CHECKS, REASONS

IS_COPY = "_is_copy"
ROW = "_row"
UNIQUE = "primary_key.unique"

_TIE_BREAK = ("_received_at", "_batch_id", "_source_ref", "_row_hash")


def numbered(frame: DataFrame) -> DataFrame:
    """The rows with a row number, by which they are joined later; store the rows before the numbers are used."""
    return frame.withColumn(ROW, F.monotonically_increasing_id())


def copies(frame: DataFrame, entry: Contract, known: DataFrame | None = None) -> DataFrame:
    """Mark rows that repeat another row as copies, and fail rows that contradict another row of the same key.

    Few keys occur twice. A hash finds them first, and only their rows are sorted, with no other columns than needed:
    sorting all rows of a large batch needs more memory than one machine has.

    Args:
        frame: rows that `failures` has judged, `numbered` and stored.
        entry: their contract. With `versioned: false`, all rows of one key with different content fail with
            DUPLICATE_KEY, because nothing shows which one is right.
        known: rows of silver to compare with, at least those of the same keys: a row that silver has already is a
            copy, a row that contradicts silver fails.

    Returns:
        The rows of `frame` with `_is_copy`: all but the first of equal rows. Rows that failed before are no copies.
    """
    order = [name for name in (*_TIE_BREAK, ROW) if name not in entry.primary_key]
    rows = _hashed(frame.where(F.size(REASONS) == 0), entry, order)
    if known is not None:
        rows = rows.unionByName(_hashed(known, entry, []), allowMissingColumns=True)
    of_key = Window.partitionBy(*entry.primary_key)
    ordered = of_key.orderBy("_content", F.col(ROW).isNotNull(), *order)
    again = rows.groupBy("_key").agg(F.count("*").alias("_rows"), F.count(ROW).alias("_new")).where("_rows > 1")
    judged = (
        rows.join(again.where("_new > 0").select("_key"), "_key", "left_semi")
        .withColumn(IS_COPY, F.coalesce(F.lag("_content").over(ordered) == F.col("_content"), F.lit(False)))
        .withColumn("_is_torn", F.min("_content").over(of_key) != F.max("_content").over(of_key))
        .where(F.col(ROW).isNotNull())
        .select(ROW, IS_COPY, "_is_torn")
    )
    marked = judged.join(frame, ROW, "right")  # an engine may keep the left side in memory
    if not entry.versioned:
        marked = _failed(marked, F.coalesce("_is_torn", F.lit(False)), ReasonCode.DUPLICATE_KEY, UNIQUE)
    return marked.select(*frame.columns, F.coalesce(IS_COPY, F.lit(False)).alias(IS_COPY))


def _hashed(rows: DataFrame, entry: Contract, order: list[str]) -> DataFrame:
    """The columns needed to compare rows: the keys, a hash of the keys, a hash of all content, and columns of order."""
    key, content = (F.xxhash64(*map(_printed, names)) for names in (entry.primary_key, [*entry.stored, "subject_key"]))
    return rows.select(*entry.primary_key, key.alias("_key"), content.alias("_content"), *order)


def orphans(frame: DataFrame, entry: Contract, referenced: Mapping[str, DataFrame]) -> DataFrame:
    """Fail rows whose reference doesn't hold, with ORPHAN_KEY or OTHER_SUBJECT.

    Args:
        frame: rows that `failures` has judged.
        entry: their contract; columns with `references` are checked. Null refers to nothing and passes.
        referenced: rows by table (`bank__loan`), one entry for each table referred to. A key that its table lacks
            fails with ORPHAN_KEY. If the reference requires the `same_subject`, the rows have `subject_key`, and a
            key of another subject fails with OTHER_SUBJECT.
    """
    columns = frame.columns
    for name, column in entry.stored.items():
        if column.references:
            rows, key = referenced[column.references.table], F.col(column.references.column).alias("_key")
            # an engine may keep the left side in memory
            joined = rows.select(key).distinct().join(frame, F.col(name) == F.col("_key"), "right")
            refers = (F.size(REASONS) == 0) & F.col(name).isNotNull()
            frame = _failed(joined, refers & F.col("_key").isNull(), ReasonCode.ORPHAN_KEY, reference(name))
            frame = frame.select(*columns)
            if column.references.same_subject:
                own = rows.select(key, F.col("subject_key").alias("_owner")).distinct()
                is_own = (F.col(name) == F.col("_key")) & (F.col("subject_key") == F.col("_owner"))
                joined, refers = own.join(frame, is_own, "right"), (F.size(REASONS) == 0) & F.col(name).isNotNull()
                frame = _failed(joined, refers & F.col("_key").isNull(), ReasonCode.OTHER_SUBJECT, reference(name))
                frame = frame.select(*columns)
    return frame


def reference(column: str) -> str:
    """Name of the check that a column's references exist."""
    return f"{column}.references"


def _failed(frame: DataFrame, fails: Column, reason: ReasonCode, check: str) -> DataFrame:
    """The rows with one more failed check wherever `fails` is true."""
    reasons = F.array_sort(F.array_union(REASONS, F.array(F.lit(reason.value))))
    names = F.array_append(FAILED_CHECKS, check)
    return frame.withColumns(
        {
            REASONS: F.when(fails, reasons).otherwise(F.col(REASONS)),
            FAILED_CHECKS: F.when(fails, names).otherwise(F.col(FAILED_CHECKS)),
        }
    )


def _printed(name: str) -> Column:
    """A column as text for hashing, in which null differs from empty text."""
    return F.coalesce(F.col(name).cast("string"), F.lit("\x00"))
