"""Requested subjects: those of each batch of a partner queried by subject, and those that other tables follow."""

from collections.abc import Collection

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema import table_names
from lake.schema import AUDIT_REQUEST_LOG, BATCH
from lake.tables import Lake

TABLE = table_names.REQUEST_LOG
_FOLLOWED = "followed"  # stands in the column of the batch


def record(lake: Lake, source_table: str, batch_id: str, subjects: DataFrame) -> None:
    """Record the subjects requested in a batch; they replace those that an interrupted run recorded.

    Args:
        subjects: (`subject_key`, `consent_id` of the consent that permits the request).
    """
    with lake.lock(TABLE, wait_seconds=600):
        lake.create(TABLE)
        lake.delete(TABLE, {"source_table": [source_table], BATCH: [batch_id]})
        named = subjects.withColumn("source_table", F.lit(source_table)).withColumn(BATCH, F.lit(batch_id))
        lake.append(TABLE, named.select(*AUDIT_REQUEST_LOG.fieldNames()))


def subjects(lake: Lake, source_table: str, batch_ids: Collection[str]) -> DataFrame:
    """`subject_key` of all subjects requested in any of the batches."""
    return _of(lake, source_table).where(F.col(BATCH).isin(*batch_ids)).select("subject_key").distinct()


def batches(lake: Lake, source_table: str, subjects: DataFrame) -> set[str]:
    """Batches, finished or not, in which any of the subjects was requested."""
    batches = _of(lake, source_table).join(subjects, "subject_key", "left_semi").select(BATCH).distinct()
    return {row[BATCH] for row in batches.collect()}


def followed(lake: Lake, source_table: str) -> DataFrame:
    """`subject_key` of all subjects whose rows were admitted by every finished batch of a file or database table."""
    return subjects(lake, source_table, [_FOLLOWED])


def follow(lake: Lake, source_table: str, subjects: DataFrame) -> None:
    """Replace the subjects that a table follows, in one commit.

    Args:
        subjects: (`subject_key`, `consent_id`).
    """
    named = subjects.withColumn("source_table", F.lit(source_table)).withColumn(BATCH, F.lit(_FOLLOWED))
    with lake.lock(TABLE, wait_seconds=600):
        lake.create(TABLE)
        place = f"source_table = '{source_table}' AND {BATCH} = '{_FOLLOWED}'"
        rows = named.select(*AUDIT_REQUEST_LOG.fieldNames()).write.format("delta").mode("overwrite")
        rows.option("replaceWhere", place).save(str(lake.path(TABLE)))


def _of(lake: Lake, source_table: str) -> DataFrame:
    return lake.platform(TABLE).where(F.col("source_table") == source_table)
