"""Who was asked for: the subjects of each batch that came from a partner who is asked by subject."""

import json
from collections.abc import Collection

from deltalake import DeltaTable, Schema
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from lake import schema
from lake.tables import Lake

TABLE = "audit__asked"
_SCHEMA = schema.struct(
    subject_key=StringType(), consent_id=StringType(), source_table=StringType(), **{schema.BATCH: StringType()}
)
_PARTITIONS = ["source_table", schema.BATCH]


def record(lake: Lake, source_table: str, batch_id: str, subjects: DataFrame) -> None:
    """Note who was asked for in a batch, in place of what an interrupted run may have noted.

    Args:
        subjects: (`subject_key`, `consent_id`) by which right.
    """
    with lake.lock(TABLE, wait_seconds=600):
        _create(lake)
        DeltaTable(str(lake.path(TABLE))).delete(f"source_table = '{source_table}' AND {schema.BATCH} = '{batch_id}'")
        named = subjects.withColumn("source_table", F.lit(source_table)).withColumn(schema.BATCH, F.lit(batch_id))
        rows = named.select(*_SCHEMA.fieldNames())
        rows.write.format("delta").mode("append").partitionBy(*_PARTITIONS).save(str(lake.path(TABLE)))


def subjects(lake: Lake, source_table: str, batch_ids: Collection[str]) -> DataFrame:
    """`subject_key` of everybody who was asked for in any of the batches."""
    return _of(lake, source_table).where(F.col(schema.BATCH).isin(*batch_ids)).select("subject_key").distinct()


def batches(lake: Lake, source_table: str, subjects: DataFrame) -> set[str]:
    """Batches, finished or not, in which any of the subjects was asked for."""
    found = _of(lake, source_table).join(subjects, "subject_key", "left_semi").select(schema.BATCH).distinct()
    return {row[schema.BATCH] for row in found.collect()}


def _of(lake: Lake, source_table: str) -> DataFrame:
    _create(lake)
    rows = lake.spark.read.format("delta").load(str(lake.path(TABLE)))
    return rows.where(F.col("source_table") == source_table)


def _create(lake: Lake) -> None:
    if not lake.exists(TABLE):
        DeltaTable.create(
            str(lake.path(TABLE)),
            Schema.from_json(json.dumps(_SCHEMA.jsonValue())),
            partition_by=_PARTITIONS,
            configuration={"delta.dataSkippingNumIndexedCols": "0"},
        )
