"""Parse a folder as Airflow's DAG processor does and print, as JSON, what that gave and what it took.

Run by `test_dags.py` in an interpreter of its own, so that what is imported tells of the DAG files alone.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import airflow.providers.standard.operators.bash
import airflow.providers.standard.operators.empty
import airflow.providers.standard.operators.hitl  # noqa: F401  Airflow imports operators ahead of the files too
from airflow.dag_processing.dagbag import DagBag

# what a DAG file may not do while it is parsed, as Python tells of it, and what the file is told
_BANNED = {
    "socket.connect": "a DAG file opened a connection; connect in the command that a task runs",
    "sqlite3.connect": "a DAG file opened a database; do that in the command that a task runs",
    "subprocess.Popen": "a DAG file started a process; start it in a task: job(...)",
    "os.system": "a DAG file started a process; start it in a task: job(...)",
}
_OPENED = "a DAG file opened a file; let conf/ declare what it needs, and read the rest in the command that a task runs"


_LIBRARY = str(Path(os.__file__).parent)


def _watch(folder: str) -> None:
    """Stop whatever a file of the folder does while it is parsed that only a task may do."""

    def hook(event: str, arguments: tuple) -> None:
        if event == "open" and not isinstance(arguments[0], int) and _opens_itself(folder):
            raise AssertionError(_OPENED)
        if event in _BANNED and any(name.startswith(folder) for name in _callers()):
            raise AssertionError(_BANNED[event])

    sys.addaudithook(hook)


def _opens_itself(folder: str) -> bool:
    """Whether a file of the folder opens a file, not one that it imports or calls."""
    for name in _callers():
        if name.startswith(folder) or "importlib" in name:
            return name.startswith(folder)
        if not name.startswith(_LIBRARY) or "site-packages" in name:
            return False
    return False


def _callers() -> Iterator[str]:
    """Files of the code that has led here, the nearest first."""
    frame = sys._getframe(2)
    while frame := frame.f_back:
        yield frame.f_code.co_filename


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
        "kind": task.task_type,
        "retries": task.retries,
        "backoff": bool(task.retry_exponential_backoff),
        "seconds": limit and limit.total_seconds(),
        "answer_days": answer and answer.days,
    }


def _assets(condition) -> set[str]:
    """Names of the assets in a condition such as `a & (b | c)`; of a schedule without one, none."""
    parts = getattr(condition, "objects", ())
    return {condition.name} if hasattr(condition, "name") else {name for part in parts for name in _assets(part)}


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _dag(dag) -> dict:
    return {
        "doc": dag.doc_md,
        "file": str(dag.fileloc),
        "catchup": dag.catchup,
        "starts": _moment(dag.start_date),
        "tags": sorted(dag.tags),
        "timetable": type(dag.timetable).__name__,
        "runs": dag.max_active_runs,
        "waits_for": sorted(_assets(getattr(dag.timetable, "asset_condition", None))),
    }


def main(folder: str) -> None:
    """Print the report."""
    _watch(folder)
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
