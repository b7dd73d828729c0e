"""The ledger: a batch's entry is the last of its writes, and what a killed run has left goes before the first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import functions as F

from conf.schema.errors import FieldstoneError
from lake import ledger, schema, staging
from lake.batch import DROP, INGEST, REFINE, RELEASE, Batch, Part
from tests.conftest import AS_OF

TABLE = "farm__planting"
BRONZE, SILVER, QUARANTINE = (f"{layer}_{TABLE}" for layer in ("bronze", "silver", "quarantine"))
BATCH = Batch("b1", TABLE, INGEST, AS_OF, (Part("a.csv", "ab", 3),), rows_read=2, rows_stored=2)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
COUNTS = st.integers(0, 2**40)
BATCHES = st.builds(
    Batch,
    batch_id=TEXTS,
    source_table=TEXTS,
    stage=st.sampled_from([INGEST, REFINE, RELEASE, DROP]),
    received_at=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    parts=st.lists(st.builds(Part, TEXTS, TEXTS, COUNTS), max_size=3).map(tuple),
    watermark=st.none() | TEXTS,
    rows_read=COUNTS,
    rows_stored=COUNTS,
    rows_not_authorised=COUNTS,
    rows_duplicate=COUNTS,
    rows_quarantined=COUNTS,
    quarantined_by_reason=st.dictionaries(TEXTS, COUNTS, max_size=3),
    ignored_columns=st.lists(TEXTS, max_size=3).map(tuple),
    missing_columns=st.lists(TEXTS, max_size=3).map(tuple),
    is_late=st.none() | st.booleans(),
    contract_version=st.none() | COUNTS,
)


@pytest.fixture
def contract(lake):
    return lake.workspace.contract(TABLE)


@pytest.fixture
def scratch(lake):
    return lake.workspace.settings.home / "staging"


@pytest.fixture
def left(lake, spark):
    """What a run leaves that is killed: rows of a batch in each layer, beside those of another that was finished."""

    def leave(finished: tuple[str, ...]) -> None:
        for table in (BRONZE, SILVER, QUARANTINE):
            for batch_id in ("b1", "b2"):
                declared, _ = schema.declared(table, lake.workspace.contracts)
                rows = spark.range(1).select(*[F.lit(None).cast(f.dataType).alias(f.name) for f in declared])
                staging.append(lake, table, rows.withColumn(schema.BATCH, F.lit(batch_id)), batch_id)
        ledger.append(lake, [replace(BATCH, stage=stage) for stage in finished])
        staging.stage(lake, spark.range(1), f"{INGEST}-{TABLE}/of another try")

    return leave


def stored(lake) -> dict[str, set[str]]:
    return {table.partition("_")[0]: lake.batch_ids(table) for table in (BRONZE, SILVER, QUARANTINE)}


@given(BATCHES)
def test_a_batch_is_what_its_record_tells(batch):
    columns = schema.delta(schema.AUDIT_BATCHES).to_arrow()
    (record,) = pa.Table.from_pylist([batch.record()], schema=pa.schema(columns)).to_pylist()
    assert Batch.of(record) == batch


def test_batches_are_of_a_table_and_a_stage_oldest_first(lake):
    earlier, other = replace(BATCH, batch_id="b2", received_at=AS_OF - timedelta(days=1)), replace(BATCH, stage=REFINE)
    ledger.append(lake, [BATCH, earlier, other, replace(BATCH, source_table="farm__land_transfer")])
    assert lake.batches(TABLE, INGEST) == [earlier, BATCH]
    assert lake.batches(TABLE, REFINE) == [other]
    assert lake.batches(TABLE, DROP) == []
    assert len(ledger.entries(lake)) == 4


def test_the_entry_comes_after_all_else(lake, spark, contract, scratch):
    with ledger.locked(lake, contract, INGEST) as mine, ledger.batch(mine) as writer:
        staged = writer.stage(spark.range(3), "rows")
        writer.finish(BATCH)
        assert staged.count() == 3
        assert lake.batches(TABLE, INGEST) == []
    assert lake.batches(TABLE, INGEST) == [BATCH]
    assert not [*scratch.iterdir()]


def test_entries_of_several_stages_come_at_once(lake, contract):
    with ledger.locked(lake, contract, RELEASE) as mine, ledger.batch(mine) as writer:
        version = lake.version("audit__batches")
        writer.finish(*[replace(BATCH, stage=stage) for stage in (INGEST, REFINE, RELEASE)])
    assert lake.version("audit__batches") == version + 1
    assert [len(lake.batches(TABLE, stage)) for stage in (INGEST, REFINE, RELEASE, DROP)] == [1, 1, 1, 0]


@pytest.mark.parametrize("stage", [INGEST, REFINE, RELEASE])
@pytest.mark.parametrize("error", [KeyboardInterrupt, FieldstoneError, None])
def test_a_batch_that_fails_or_that_nobody_finishes_has_no_entry(lake, spark, contract, scratch, stage, error):
    def write() -> None:
        with ledger.locked(lake, contract, stage) as mine, ledger.batch(mine) as writer:
            writer.stage(spark.range(3), "rows")
            if error:
                writer.finish(BATCH)
                raise error

    if error:
        with pytest.raises(error):
            write()
    else:
        write()
    assert lake.batches(TABLE, INGEST) == []
    assert not [*scratch.iterdir()]


@pytest.mark.parametrize(
    ("stage", "finished", "bronze", "silver"),
    [
        (INGEST, (), set(), {"b1", "b2"}),
        (INGEST, (INGEST,), {"b1"}, {"b1", "b2"}),
        (REFINE, (INGEST,), {"b1", "b2"}, {"b1", "b2"}),
        (RELEASE, (INGEST,), {"b1"}, set()),
        (RELEASE, (INGEST, REFINE), {"b1"}, {"b1"}),
    ],
)
def test_what_a_killed_run_has_left_goes_first_as_far_as_the_stage_writes_it(
    lake, contract, left, stage, finished, bronze, silver
):
    left(finished)
    with ledger.locked(lake, contract, stage) as mine, ledger.batch(mine):
        assert stored(lake) == {"bronze": bronze, "silver": silver, "quarantine": bronze}


@pytest.mark.parametrize(("stage", "table"), [(INGEST, BRONZE), (REFINE, SILVER), (RELEASE, BRONZE)])
def test_files_that_never_became_part_of_a_table_go_first(lake, contract, stage, table):
    lake.create(table)
    file = lake.path(table) / "_batch_id=b9" / "part-0.parquet"
    file.parent.mkdir()
    file.write_bytes(b"PAR1")
    with ledger.locked(lake, contract, stage) as mine, ledger.batch(mine):
        assert not file.exists()


@pytest.mark.parametrize(
    ("stage", "tables"),
    [(INGEST, {BRONZE}), (REFINE, {SILVER}), (RELEASE, {BRONZE, SILVER}), (DROP, {BRONZE, SILVER})],
)
def test_nobody_else_writes_what_a_stage_writes(lake, contract, stage, tables):
    with ledger.locked(lake, contract, stage):
        for table in tables:
            with pytest.raises(FieldstoneError, match=f"another run is writing {table}"):
                lake.lock(table)
        for table in {BRONZE, SILVER} - tables:
            with lake.lock(table):
                pass
    for table in tables:
        with lake.lock(table):
            pass
