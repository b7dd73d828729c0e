"""What goes to silver by way of staging: in the table's own types, in place of an earlier try, no empty files."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from deltalake import DeltaTable
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from conf.schema import workspace
from lake import log, schema, staging

CONTRACTS = workspace.load().contracts
HOUSE = "silver_housing__rural_house"


def _rows(spark, table: str, count: int, **values):
    """Rows with the columns of a table, null but for those given."""
    declared, _ = schema.declared(table, CONTRACTS)
    columns = {field.name: F.lit(None).cast(field.dataType) for field in declared} | values
    return spark.range(count).select(*(column.alias(name) for name, column in columns.items()))


def _stored(lake, table: str) -> list[dict]:
    return DeltaTable(str(lake.path(table))).to_pyarrow_table().to_pylist()


@pytest.mark.parametrize("name", CONTRACTS)
def test_types_are_those_that_the_table_declares_whatever_the_rows_have(spark, lake, name):
    table = CONTRACTS[name].named("silver")
    declared, _ = schema.declared(table, CONTRACTS)
    texts = {f.name: F.lit("1").alias(f.name) for f in declared if f.dataType.typeName() in ("decimal", "long", "int")}
    moments = {f: F.lit(date(2025, 5, 1)) for f in ("known_at", "event_time")}
    staging.append(lake, table, _rows(spark, table, 2, **texts, **moments), "b1")
    stored = DeltaTable(str(lake.path(table)))
    assert stored.to_pyarrow_table().schema.names == [field.name for field in declared]
    [row, _] = _stored(lake, table)
    assert row["known_at"] == row["event_time"] == datetime(2025, 5, 1, tzinfo=UTC)
    assert all(row[text] == Decimal(1) for text in texts)
    assert lake.count(table) == lake.spark.read.format("delta").load(str(lake.path(table))).count() == 2


def test_a_batch_takes_the_place_of_an_earlier_try_and_others_stay(spark, lake):
    for batch_id, count in (("b1", 3), ("b2", 4), ("b2", 2)):
        staging.append(lake, HOUSE, _rows(spark, HOUSE, count, subject_key=F.lit(f"of {batch_id}")), batch_id)
    assert sorted((row["_batch_id"], row["subject_key"]) for row in _stored(lake, HOUSE)) == [
        *[("b1", "of b1")] * 3,
        *[("b2", "of b2")] * 2,
    ]
    assert not list((lake.workspace.settings.home / "staging").iterdir())


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_batch_without_rows_leaves_no_files(spark, lake, partitions):
    staging.append(lake, HOUSE, _rows(spark, HOUSE, 5).repartition(partitions).where("subject_key = 'x'"), "b1")
    assert lake.batch_ids(HOUSE) == set()
    assert not DeltaTable(str(lake.path(HOUSE))).file_uris()
    assert _stored(lake, HOUSE) == []


def test_partitions_without_rows_leave_no_files_either(spark, lake):
    rows = _rows(spark, HOUSE, 8, subject_key=F.col("id").cast("string")).repartition(8).where("subject_key = '3'")
    staging.append(lake, HOUSE, rows, "b1")
    assert [row["subject_key"] for row in _stored(lake, HOUSE)] == ["3"]
    assert len(DeltaTable(str(lake.path(HOUSE))).file_uris()) == 1


def test_files_of_a_run_that_was_killed_before_its_commit_are_forgotten_and_no_others(spark, lake):
    staging.append(lake, HOUSE, _rows(spark, HOUSE, 3), "b1")
    left = lake.path(HOUSE) / "_batch_id=b2" / "part-0.parquet"
    left.parent.mkdir()
    left.write_bytes(b"PAR1")
    staging.forget_uncommitted(lake, HOUSE)
    assert not left.parent.exists()
    assert len(_stored(lake, HOUSE)) == 3


def test_rows_in_the_place_of_a_tables_stay_in_their_batches_and_the_past_can_be_read(spark, lake):
    for batch_id, count in (("b1", 3), ("b2", 2)):
        staging.append(lake, HOUSE, _rows(spark, HOUSE, count, subject_key=F.lit(f"of {batch_id}")), batch_id)
    before, version = _stored(lake, HOUSE), lake.version(HOUSE)
    anew = spark.read.format("delta").load(str(lake.path(HOUSE))).where("subject_key = 'of b1'")
    staging.replace(lake, HOUSE, anew.withColumn("known_at", F.lit(date(2025, 5, 1))))
    assert [(row["_batch_id"], row["known_at"]) for row in _stored(lake, HOUSE)] == [
        ("b1", datetime(2025, 5, 1, tzinfo=UTC))
    ] * 3
    assert (lake.version(HOUSE), lake.count(HOUSE)) == (version + 1, 3)
    past = DeltaTable(str(lake.path(HOUSE)), version=version).to_pyarrow_table().to_pylist()
    assert sorted(map(str, past)) == sorted(map(str, before))
    assert DeltaTable(str(lake.path(HOUSE))).metadata().configuration == {"delta.dataSkippingNumIndexedCols": "0"}
    assert not list((lake.workspace.settings.home / "staging").iterdir())


@pytest.mark.parametrize("name", CONTRACTS)
def test_columns_that_a_table_holds_under_old_names_and_types_become_those_declared(spark, lake, name):
    table = CONTRACTS[name].named("silver")
    declared, partition_by = schema.declared(table, CONTRACTS)
    former = StructType([StructField("former_name", StringType()), StructField(schema.BATCH, StringType())])
    lake.path(table).parent.mkdir(parents=True)
    DeltaTable.create(
        str(lake.path(table)), schema.delta(former), partition_by=partition_by, configuration=log.WITHOUT_STATISTICS
    )
    staging.replace(lake, table, _rows(spark, table, 4, **{schema.BATCH: F.lit("b1")}))
    stored = DeltaTable(str(lake.path(table)))
    assert stored.schema() == schema.delta(declared)
    assert len(_stored(lake, table)) == lake.count(table) == 4
    assert lake.spark.read.format("delta").load(str(lake.path(table))).dtypes == [
        (field.name, field.dataType.simpleString()) for field in declared
    ]


def test_an_area_is_empty_at_first_and_gone_at_the_end(spark, lake):
    home = lake.workspace.settings.home / "staging"
    staging.stage(lake, spark.range(3), "job/left by a killed run")
    with staging.area(lake, "job") as persisted:
        assert not (home / "job").exists()
        assert sorted(row["id"] for row in persisted(spark.range(2), "ids").collect()) == [0, 1]
        assert [folder.name for folder in (home / "job").iterdir()] == ["ids"]
    assert not (home / "job").exists()
