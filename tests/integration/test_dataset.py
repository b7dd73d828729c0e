"""The training set of a version as files: what it learnt from and nothing else, through the gate, and never untold."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from conf.schema.errors import FieldstoneError, Forbidden, NotFound
from lake import raw_access
from pipeline import dataset
from pipeline.context import Context
from pipeline.features.build import TRAINING
from pipeline.registry import tracking, training_data, trainings
from pipeline.results.modelers import Exported
from tests.integration.learning import county_copied
from tests.integration.withdrawing import withdraw

WHY = "a validation by the second line"


def of(context: Context, role: str) -> Context:
    """As somebody who holds one role."""
    roles = context.workspace.roles.model_copy(update={"members": {"Mo": (role,)}})
    settings = context.workspace.settings.model_copy(update={"operator": "Mo"})
    return Context(replace(context.workspace, roles=roles, settings=settings), context.as_of)


def exported(context: Context, to: Path, model: str = "admission", role: str = "risk_modeler") -> Exported:
    return dataset.export(of(context, role), model, None, to, WHY, None, shap=True)


@pytest.fixture(scope="module")
def written(county, tmp_path_factory) -> Path:
    """The training set of the admission model in force."""
    to = tmp_path_factory.mktemp("written") / "rows"
    exported(county, to)
    return to


def figures(context: Context, model: str) -> dict[str, float]:
    stated = trainings.of(context.trail.entries(), model, "1").facts["figures"]
    return {name: float(value) for name, value in stated.items()}


def test_figures_out_of_time_by_the_files_alone_are_the_registered_ones(county, written):
    late = pd.read_parquet(written / dataset.ROWS).query("slice == 'oot'")
    registered = figures(county, "admission")
    assert roc_auc_score(late["is_default_12m"], late["pd"]) == pytest.approx(registered["auc_oot"], abs=1e-12)
    assert brier_score_loss(late["is_default_12m"], late["pd"]) == pytest.approx(registered["brier_oot"], abs=1e-12)


def test_those_of_a_limit_model_too(county, tmp_path):
    exported(county, tmp_path / "limit", "limit")
    lineage = json.loads((tmp_path / "limit" / dataset.LINEAGE).read_text())
    late = pd.read_parquet(tmp_path / "limit" / dataset.ROWS).query("slice == 'oot'")
    covered = (late[lineage["label"]].astype(float) >= late["capacity_year"]).mean()
    assert covered == pytest.approx(figures(county, "limit")["coverage_oot"], abs=1e-12)


def test_the_lineage_tells_tables_declaration_purpose_and_the_rows_of_each_slice(county, written):
    lineage = json.loads((written / dataset.LINEAGE).read_text(encoding="utf-8"))
    rows = pd.read_parquet(written / dataset.ROWS)
    version = tracking.known(tracking.connect(county.workspace.settings), "admission", "1")
    assert lineage["tables"] == {table: county.lake.version(table) for table in lineage["tables"]}
    assert lineage["purpose"] == "model_training"
    for name in ("fingerprint", "data_sha256", "software"):
        assert lineage[name] == version.tags[name]
    assert lineage["rows"] == {
        "learnt_from": int(version.tags["data_rows"]),
        "exported": len(rows),
        "may_not_be_used_any_more": 0,
    }
    record = json.loads(tracking.artifact(tracking.connect(county.workspace.settings), version, tracking.RECORD) or b"")
    assert {name: lineage["rows_by_slice"][name] for name in record["split"]} == {
        name: each["rows"] for name, each in record["split"].items()
    }
    for name in (dataset.ROWS, dataset.SHAP, dataset.INTERVENTIONAL):
        assert json.loads(pq.read_schema(written / name).metadata[b"fieldstone.lineage"]) == lineage


@pytest.mark.parametrize(
    ("file", "base"), [(dataset.SHAP, "base_value"), (dataset.INTERVENTIONAL, "interventional_base_value")]
)
def test_shap_values_of_a_row_and_the_base_value_are_its_margin(written, file, base):
    lineage = json.loads((written / dataset.LINEAGE).read_text(encoding="utf-8"))
    rows, shap = (pd.read_parquet(written / name) for name in (dataset.ROWS, file))
    assert list(shap[dataset.KEY]) == list(rows[dataset.KEY])
    margin = shap[lineage["features"]].sum(axis=1).to_numpy() + lineage[base]
    order = np.argsort(margin, kind="stable")
    assert (np.diff(rows["pd"].to_numpy()[order]) >= -1e-6).all()


def test_no_number_and_no_column_that_the_version_does_not_read_leaves(county, written):
    rows, lineage = pd.read_parquet(written / dataset.ROWS), json.loads((written / dataset.LINEAGE).read_text())
    keys = {dataset.KEY, "subject_key", "as_of", "slice", "label_status"}
    assert {*rows.columns} == keys | {lineage["label"], *lineage["features"], *lineage["predictions"]}
    numbers = set(raw_access.values(county.lake, TRAINING, "application_id", {}))
    texts = rows.select_dtypes("object").astype(str).to_numpy().ravel()
    assert numbers.isdisjoint(texts)
    assert not [text for text in numbers if text.encode() in (written / dataset.ROWS).read_bytes()]


def test_nobody_else_can_read_it_and_the_trail_knows_of_it(county, written):
    assert stat.S_IMODE(written.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in written.iterdir()} == {0o600}
    entry = next(entry for entry in county.trail.entries() if entry.action == "dataset export")
    details = json.loads(entry.details)
    assert (entry.actor, details["model"], details["version"], details["why"]) == ("Mo", "admission", "1", WHY)
    assert details["rows"] == len(pd.read_parquet(written / dataset.ROWS))


@pytest.mark.parametrize("role", ["data_engineer", "privacy_officer"])
def test_whoever_may_not_see_the_values_plain_or_not_for_training_gets_nothing(county, tmp_path, role):
    before = len(county.trail.entries())
    with pytest.raises(Forbidden):
        exported(county, tmp_path / "rows", role=role)
    assert not (tmp_path / "rows").exists()
    assert len(county.trail.entries()) == before


def test_a_folder_in_the_state_or_with_something_in_it_is_refused(county, written):
    for folder in (written, county.workspace.settings.home / "rows"):
        with pytest.raises(FieldstoneError, match="export to a"):
            exported(county, folder)


def test_rows_of_then_are_exported_though_features_were_built_anew_until_they_are_not_kept(learnt, tmp_path, written):
    context = county_copied(learnt, tmp_path)
    built = training_data.joined(context.lake, TRAINING, "gold__training_labels", context.as_of)
    fewer = context.lake.read(TRAINING, purpose="model_training", as_of=context.as_of).limit(5)
    context.lake.overwrite(TRAINING, fewer.drop("_is_shared"))
    assert exported(context, tmp_path / "rows").rows == len(built)
    assert pd.read_parquet(tmp_path / "rows" / dataset.ROWS).equals(pd.read_parquet(written / dataset.ROWS))
    raw_access.purge(context.lake, TRAINING)
    with pytest.raises(NotFound, match="isn't kept any more"):
        exported(context, tmp_path / "gone")


def test_rows_of_whoever_has_withdrawn_since_stay_behind(learnt, tmp_path):
    context = county_copied(learnt, tmp_path)
    gone = sorted(raw_access.subjects(context.lake, TRAINING))[:20]
    withdraw(context, *gone)
    done = exported(context, tmp_path / "rows")
    rows = pd.read_parquet(tmp_path / "rows" / dataset.ROWS)
    assert set(rows["subject_key"]).isdisjoint(gone)
    assert done.left_behind >= len(gone)
    lineage = json.loads((tmp_path / "rows" / dataset.LINEAGE).read_text(encoding="utf-8"))
    assert lineage["rows"]["may_not_be_used_any_more"] == done.left_behind
    assert lineage["rows"]["exported"] == done.rows == len(rows)
