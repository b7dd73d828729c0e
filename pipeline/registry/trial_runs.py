"""The trials of a search as MLflow shows them: a run each, nested below the one that trained with the best."""

import time
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID


def log(client: MlflowClient, experiment: str, parent: str, search: dict[str, Any]) -> None:
    """Log the trials that a record tells of, with their parameters, mean loss and how they ended.

    Args:
        parent: id of the run that trained.
        search: of the record; empty where nothing was tried.
    """
    for trial in search.get("trials", ()):
        _log(client, experiment, parent, trial, trial["number"] == search["chosen"])


def _log(client: MlflowClient, experiment: str, parent: str, trial: dict[str, Any], is_chosen: bool) -> None:
    ended = "chosen" if is_chosen else "pruned" if trial["pruned"] else "finished"
    tags = {MLFLOW_PARENT_RUN_ID: parent, "ended": ended}
    run = client.create_run(experiment, tags=tags, run_name=f"trial {trial['number'] + 1}").info.run_id
    now = int(time.time() * 1000)
    metrics = [Metric("loss", trial["loss"], now, 0), Metric("folds", trial["folds"], now, 0)]
    client.log_batch(run, metrics, [Param(name, str(value)) for name, value in trial["params"].items()])
    client.set_terminated(run)
