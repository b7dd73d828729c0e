"""Output of the embedded run: a line per event, reasons of failures, open approvals, and the time of each step."""

import contextlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.stack.airflow_api import Task
from sandbox.stack.dag_chain import Chain

LOG_TAIL_LINES = 40
JOB = "Job"  # the operator of tasks that run a command, see dags/common.py
# lines in which jobs report on each table, on features, on each model and on decisions
_PROGRESS = re.compile(r"(ingest|refine|train) \S+: |(build-features|decide): ")


@dataclass
class Clock:
    """Seconds since the command began, and the seconds of each step."""

    began: float = field(default_factory=time.monotonic)
    spent: dict[str, float] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Print a line with the seconds since the beginning."""
        print(f"[{time.monotonic() - self.began:6.1f} s] {text}", flush=True)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure the seconds of a step."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.spent[name] = time.monotonic() - start


def report_failure(chain: Chain) -> None:
    """Print the end of each failed task's log."""
    for task in chain.failed:
        print(f"\n{task.task_id} failed. The end of its log:\n")
        lines = [line for line in chain.api.log(task) if not line.startswith("::")]
        print("\n".join(f"  {line}" for line in lines[-LOG_TAIL_LINES:]))


def report_news(chain: Chain) -> None:
    """Print a line if no job found anything new."""
    jobs = [task for task in chain.tasks if task.operator == JOB and task.state == "success"]
    lines = [line for task in jobs for line in chain.api.log(task) if _PROGRESS.match(line)]
    if lines and all("nothing new" in line for line in lines):
        print(f"\nNothing was new: {len(lines)} jobs and tables looked at, none changed.")


def report_waiting(chain: Chain) -> None:
    """Print the open approvals, and how to answer them."""
    waiting = ", ".join(sorted(task.task_id.removeprefix("review_") for task in chain.awaiting))
    print(
        f"\nChallengers await approval: {waiting}. No application was decided after this training."
        "\n`make up`, then answer under Required Actions in Airflow;"
        " or let the sandbox reviewer do it: FIELDSTONE_SANDBOX_APPROVAL=true make run"
    )


def report_time(clock: Clock, tasks: list[Task], path: Path) -> None:
    """Print and store the seconds of each step and task, and the seconds without a running task."""
    work = {task.task_id: _seconds(task) for task in tasks if task.operator == JOB and task.end}
    idle = clock.spent["DAGs"] - _covered(tasks)
    total = sum(clock.spent.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"steps": clock.spent, "tasks": work, "no_task_running": idle}, indent=2))
    print(f"\nWhere {total:.0f} s went")
    for name, seconds in clock.spent.items():
        print(f"  {name:<20}{seconds:7.1f} s {seconds / total:6.0%}")
    for name, seconds in work.items():
        print(f"    {name:<18}{seconds:7.1f} s")
    print(f"    {'no task running':<18}{idle:7.1f} s {idle / total:6.0%}")


def _seconds(task: Task) -> float:
    return (task.end - task.start).total_seconds() if task.start and task.end else 0.0


def _covered(tasks: list[Task]) -> float:
    """Seconds in which at least one job was running."""
    spans = sorted((t.start, t.end) for t in tasks if t.operator == JOB and t.start and t.end)
    covered, until = 0.0, None
    for start, end in spans:
        begin = max(start, until) if until else start
        covered += max((end - begin).total_seconds(), 0.0)
        until = max(until, end) if until else end
    return covered
