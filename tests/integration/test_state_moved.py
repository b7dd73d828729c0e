"""A state folder that was moved goes on: nothing in it depends on where it was."""

import sqlite3
from dataclasses import replace

import mlflow
import pytest

from conf.schema.workspace import load
from jobs import summary
from pipeline import reports
from pipeline.context import Context
from pipeline.registry import tracking
from pipeline.releases import champions, model_release
from tests.conftest import AS_OF
from tests.integration.moving import copied, moved
from tests.integration.registering import registered
from tests.unit.portfolio import admitted, frame


def context(home) -> Context:
    workspace = load()
    settings = workspace.settings.model_copy(update={"home": home, "mlflow_uri": None, "sandbox_approval": False})
    return Context(replace(workspace, settings=settings), AS_OF)


def addresses(home) -> list[str]:
    """What the store says of where artifacts are."""
    with sqlite3.connect(home / "mlflow" / "mlflow.db") as store:
        places = [
            store.execute(f"SELECT {column} FROM {table}").fetchall()
            for table, column in (
                ("runs", "artifact_uri"),
                ("logged_models", "artifact_location"),
                ("model_versions", "storage_location"),
                ("experiments", "artifact_location"),
            )
        ]
    return [text for rows in places for (text,) in rows if "mlruns" not in text]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A state folder with a champion."""
    home = tmp_path_factory.mktemp("trained") / "state"
    registered(context(home))
    model_release.approve(context(home), "admission", "1", "Rita", "sound", sandbox=False)
    return home


# a blank, a quote, a per cent sign and an underscore mean something in addresses, in SQL or in patterns
@pytest.mark.parametrize("name", ["moved", "with a blank", "it's", "100%_", "田宅", "state-2"])
def test_models_of_a_moved_state_score_and_new_ones_are_kept_there(trained, tmp_path, name):
    old = tmp_path / "state"
    copied(trained, old)
    tracking.connect(context(old).workspace.settings)
    new = tmp_path / name
    moved(old, new)
    client = tracking.connect(context(new).workspace.settings)
    champion = champions.load(context(new), client, "admission")
    expected = admitted().predictor.predict_pd(frame())
    assert (champion.predictor.predict_pd(frame()) == expected).all()
    assert mlflow.artifacts.load_text(f"runs:/{champion_run(client)}/record.json")
    version = registered(context(new))
    assert not old.exists()
    assert tracking.awaits_approval(client.get_model_version("admission", version.version))
    root = (new / "mlflow" / "artifacts").as_uri()
    assert all(address == root or address.startswith(f"{root}/") for address in addresses(new))


def champion_run(client) -> str:
    return tracking.by_alias(client, "admission", tracking.CHAMPION).tags["run_id"]


@pytest.mark.further
def test_a_copy_and_its_original_both_go_on(trained, tmp_path):
    copy = tmp_path / "copy"
    copied(trained, copy)
    for home in (copy, trained):
        client = tracking.connect(context(home).workspace.settings)
        assert (champions.load(context(home), client, "admission").predictor.predict_pd(frame()) >= 0).all()
        assert all(str(home) in address for address in addresses(home))


def test_a_store_that_others_share_is_left_alone(trained, tmp_path):
    shared = tmp_path / "shared"
    copied(trained, shared)
    before = addresses(shared)
    uri = f"sqlite:///{shared}/mlflow/mlflow.db"
    settings = context(tmp_path / "other").workspace.settings.model_copy(update={"mlflow_uri": uri})
    tracking.connect(settings)
    assert addresses(shared) == before


@pytest.mark.further
def test_summary_and_audit_work_where_the_state_is_now(trained, tmp_path):
    new = copied(trained, tmp_path / "elsewhere")
    assert "admission" in summary.run(context(new), as_json=True).models
    assert context(new).trail.verify() == []
    assert reports.folder(context(new).workspace) == new / "reports"
