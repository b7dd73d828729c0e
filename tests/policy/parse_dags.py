"""Parse a folder as Airflow's DAG processor does and print, as JSON, what that gave and what it took.

Run by `test_dags.py` in an interpreter of its own, so that what is imported tells of the DAG files alone.
"""

import json
import socket
import sys
import time

import airflow.providers.standard.operators.bash
import airflow.providers.standard.operators.empty
import airflow.providers.standard.operators.hitl  # noqa: F401  Airflow imports operators ahead of the files too
from airflow.dag_processing.dagbag import DagBag


def _no_network(*_: object) -> None:
    raise AssertionError("a DAG file opened a connection")


def _task(dag, task) -> dict:
    limit, answer = task.execution_timeout, getattr(task, "response_timeout", None)
    return {
        "id": task.task_id,
        "dag": dag.dag_id,
        "owner": task.owner,
        "pool": task.pool,
        "command": getattr(task, "bash_command", None),
        "env": getattr(task, "env", None),
        "after": sorted(task.upstream_task_ids),
        "is_teardown": task.is_teardown,
        "when": task.trigger_rule.value,
        "outlets": sorted(asset.name for asset in task.outlets),
        "retries": task.retries,
        "backoff": bool(task.retry_exponential_backoff),
        "seconds": limit and limit.total_seconds(),
        "answer_days": answer and answer.days,
    }


def _assets(condition) -> set[str]:
    """Names of the assets in a condition such as `a & (b | c)`; of a schedule without one, none."""
    parts = getattr(condition, "objects", ())
    return {condition.name} if hasattr(condition, "name") else {name for part in parts for name in _assets(part)}


def _dag(dag) -> dict:
    return {
        "doc": dag.doc_md,
        "tags": sorted(dag.tags),
        "timetable": type(dag.timetable).__name__,
        "runs": dag.max_active_runs,
        "waits_for": sorted(_assets(getattr(dag.timetable, "asset_condition", None))),
    }


def main(folder: str) -> None:
    """Print the report."""
    socket.socket.connect = _no_network
    start = time.process_time()
    bag = DagBag(folder)
    seconds = time.process_time() - start
    report = {
        "seconds": seconds,
        "errors": bag.import_errors,
        "modules": sorted({name.partition(".")[0] for name in sys.modules}),
        "dags": {dag.dag_id: _dag(dag) for dag in bag.dags.values()},
        "tasks": [_task(dag, task) for dag in bag.dags.values() for task in dag.tasks],
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
