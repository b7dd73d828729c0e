"""Features that are the same for everybody: told, and a stop where a contract without `published` is why."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from conf.schema.contract import Contract
from conf.schema.errors import FieldstoneError
from conf.schema.workspace import load
from features import planting
from features.engine.collect import collect
from pipeline import all_jobs
from pipeline.context import Context
from pipeline.features import build, constant_features
from pipeline.registry import training_data
from sandbox.county.generator import generate
from tests.conftest import AS_OF
from tests.integration.small import copied

PLANTING = "farm__planting"
EARLY, LATE = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
FEATURES = collect([planting])
OURS = [column.name for column in FEATURES.columns]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None, None], "null"),
        ([0.0, 0.0], "0"),
        ([0.0, -0.0], "0"),
        ([3.5, 3.5], "one value"),
        ([0.0, None], None),
        ([1.0, 2.0], None),
        ([-2.0, -2.0, None], None),
        ([7.0], None),
        ([], None),
    ],
)
def test_a_feature_is_constant_where_all_rows_say_the_same(spark, values, kind):
    rows = spark.createDataFrame([(value,) for value in values], "feature double")
    assert constant_features.constant(rows, ["feature"]).get("feature") == kind


def examine(spark, records: list[tuple[datetime, datetime]], contract: Contract, value: float | None = None):
    """Ask about two applications whose features are all alike; the second one is of EARLY."""
    names = [*OURS]
    rows = spark.createDataFrame(
        [("A1", datetime(2023, 1, 1, tzinfo=UTC), *[value for _ in names]), ("A2", EARLY, *[value for _ in names])],
        "application_id string, as_of timestamp, " + ", ".join(f"{name} double" for name in names),
    )
    table = spark.createDataFrame(records, "known_at timestamp, event_time timestamp")
    constant_features.require_varied("build-features", rows, FEATURES, {PLANTING: table}, {PLANTING: contract})


@pytest.fixture(scope="module")
def contract():
    return load().contracts[PLANTING]


@pytest.mark.parametrize("value", [None, 0.0, 4.0])
def test_without_published_nothing_was_known_and_it_stops(spark, contract, value):
    unpublished = contract.model_copy(update={"published": None})
    message = (
        "no record of farm__planting is known before as-of 2024-01-01T00:00:00.*, and it has no `published`. "
        "Nothing was written. Declare the column that says when .*published: published_at"
    )
    with pytest.raises(FieldstoneError, match=message):
        examine(spark, [(LATE, datetime(2022, 1, 1, tzinfo=UTC))], unpublished, value)


def test_a_partner_that_publishes_from_now_on_is_told_of_and_stops_nothing(spark, contract, capsys):
    examine(spark, [(LATE, datetime(2022, 1, 1, tzinfo=UTC))], contract)
    assert "no record of farm__planting is known before as-of 2024-01-01" in capsys.readouterr().out


def test_a_wrong_event_time_is_told(spark, contract, capsys):
    examine(spark, [(datetime(2022, 1, 1, tzinfo=UTC), LATE)], contract)
    output = capsys.readouterr().out
    assert "no record of farm__planting has happened before as-of" in output
    assert "is `event_time: harvest_date` right?" in output


def test_single_ones_are_told_by_name_without_values(spark, contract, capsys):
    examine(spark, [(datetime(2022, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC))], contract, 0.0)
    output = capsys.readouterr().out
    assert re.search(rf"{len(OURS)} features are the same for every application and tell nothing: \w+ \(0\)", output)
    assert "more" in output


def test_an_empty_table_is_its_sources_affair(spark, contract):
    examine(spark, [], contract.model_copy(update={"published": None}))


def test_training_tells_of_constant_features_and_stops_where_all_are(capsys):
    data = pd.DataFrame({"a": [1.0, 2.0], "b": [None, None], "c": [0.0, 0.0]})
    training_data.tell_constant(data, "admission", ["a", "b", "c"])
    assert "2 features are the same for every application and tell nothing: b (null), c (one value)" in (
        capsys.readouterr().out
    )
    training_data.tell_constant(data, "admission", ["a"])
    assert capsys.readouterr().out == ""
    with pytest.raises(FieldstoneError, match="all 2 features are the same for every application"):
        training_data.tell_constant(data, "admission", ["b", "c"])


@pytest.mark.further
def test_contracts_without_published_stop_before_anything_is_written(tmp_path, spark):
    generate(spark, tmp_path / "county", households=40, months=24, seed=7, defect_share=0.0)
    root = copied(tmp_path / "workspace")
    for name in ("farm/planting", "farm/breeding", "housing/rural_house"):
        path = root / "conf/contracts" / f"{name}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("published: published_at\n", ""), encoding="utf-8")
    workspace = load(root)
    settings = workspace.settings.model_copy(
        update={"home": tmp_path / "state", "landing": tmp_path / "county/landing", "as_of": AS_OF}
    )
    context = Context(replace(workspace, settings=settings), AS_OF)
    all_jobs.take_in(context).end()
    with pytest.raises(FieldstoneError, match="no record of farm__planting is known before as-of") as stopped:
        build.run(context)
    assert all(name in str(stopped.value) for name in ("farm__breeding", "housing__rural_house"))
    assert not context.lake.exists(build.TRAINING)
    assert not list((tmp_path / "state" / "staging").rglob("*.parquet"))
