"""The trials of a search in a real MLflow: runs of their own, below the one that trained."""

from dataclasses import replace

from conf.schema.settings import Settings
from conf.schema.workspace import load
from pipeline.context import Context
from pipeline.registry import tracking
from tests.conftest import AS_OF
from tests.integration.registering import registered
from tests.unit.portfolio import admitted

TRIALS = (
    {"number": 0, "params": {"max_depth": 2}, "loss": 0.31, "folds": 4, "pruned": False},
    {"number": 1, "params": {"max_depth": 3}, "loss": 0.29, "folds": 4, "pruned": False},
    {"number": 2, "params": {"max_depth": 9}, "loss": 0.41, "folds": 1, "pruned": True},
)


def test_each_trial_is_a_run_below_the_one_that_trained(tmp_path):
    context = Context(replace(load(), settings=Settings(home=tmp_path / "state", sandbox_approval=True)), AS_OF)
    record = replace(admitted().record, search={"chosen": 1, "trials": TRIALS})
    version = registered(context, result=replace(admitted(), record=record))
    client = tracking.connect(context.workspace.settings)
    parent = client.get_run(version.tags["run_id"])
    runs = [run for run in client.search_runs([parent.info.experiment_id]) if run.info.run_id != parent.info.run_id]
    assert {run.data.tags["mlflow.parentRunId"] for run in runs} == {parent.info.run_id}
    assert {run.info.status for run in runs} == {"FINISHED"}
    trials = {run.info.run_name: (run.data.params, run.data.metrics, run.data.tags["ended"]) for run in runs}
    assert trials == {
        "trial 1": ({"max_depth": "2"}, {"loss": 0.31, "folds": 4}, "finished"),
        "trial 2": ({"max_depth": "3"}, {"loss": 0.29, "folds": 4}, "chosen"),
        "trial 3": ({"max_depth": "9"}, {"loss": 0.41, "folds": 1}, "pruned"),
    }
