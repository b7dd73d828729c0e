"""The chain of DAGs in the embedded run: starts it, reports its tasks, answers its approvals, and detects its end."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from conf.schema.errors import SetupError
from conf.schema.workspace import Workspace
from sandbox.stack.airflow_api import AWAITING, FINISHED, AirflowApi, Task
from sandbox.stack.airflow_home import WHY

POLL_SECONDS = 1.0

# Airflow fails an approval that is answered before its scheduler has noticed the end of the process that asks
PAUSE_BEFORE_ANSWER_SECONDS = 3.0

SHOWN_STATES = {*FINISHED, "running", "up_for_retry", AWAITING}


class ChainEnd(StrEnum):
    """How a chain ended."""

    COMPLETE = "complete"
    AWAITING_APPROVAL = "awaiting approval"
    FAILED = "failed"


def dag_ids(workspace: Workspace) -> list[str]:
    """The DAGs of the chain, in order; the first one starts it."""
    sources = sorted(workspace.sources.values(), key=lambda source: not source.gates)
    ingests = [f"ingest_{source.name}" for source in sources]
    refines = [f"refine_{source.name}" for source in sources if not source.gates]
    trains = [f"train_{name}" for name in workspace.models]
    return [*ingests, *refines, "build_features", *trains, "decide_applications"]


@dataclass
class Chain:
    """One pass through all DAGs.

    Attributes:
        api: Airflow's API as the user who triggers.
        reviewer: Airflow's API as the user who approves; None leaves approvals to people.
        dags: ids of the DAGs in order.
        say: function that prints a line of progress.
        tasks: latest known state of every task.
        followers: task → ids of the tasks directly after it.
        waiting_since: approval → time when it was first seen waiting (seconds of the monotonic clock).
    """

    api: AirflowApi
    reviewer: AirflowApi | None
    dags: list[str]
    say: Callable[[str], None]
    tasks: list[Task] = field(default_factory=list)
    followers: dict[str, list[str]] = field(default_factory=dict)
    waiting_since: dict[tuple[str, str, str, int], float] = field(default_factory=dict)

    @property
    def failed(self) -> list[Task]:
        """Tasks that failed for good."""
        return [task for task in self.tasks if task.state == "failed"]

    @property
    def awaiting(self) -> list[Task]:
        """Approvals that nobody has answered yet."""
        return [task for task in self.tasks if task.state == AWAITING]

    def await_dags(self, since: datetime, timeout_seconds: float = 120) -> None:
        """Wait until Airflow has read all DAG files after `since`, and has a pool for every task.

        Raises:
            FieldstoneError: a DAG file can't be read, or it takes too long.
        """
        deadline = time.monotonic() + timeout_seconds
        while missing := set(self.dags) - self.api.parsed_since(since):
            if errors := self.api.import_errors():
                raise SetupError("Airflow can't read " + "\n".join(errors))
            if time.monotonic() > deadline:
                raise SetupError(f"after {timeout_seconds:.0f} s Airflow still lacks {', '.join(sorted(missing))}")
            time.sleep(POLL_SECONDS)
        outline = [task for dag in self.dags for task in self.api.outline(dag)]
        self.followers = {task["task_id"]: task["downstream_task_ids"] for task in outline}
        self.api.make_pools({task["pool"] for task in outline} - {"default_pool"})

    def clear_leftovers(self) -> int:
        """End unfinished runs as failed, so that they neither go on nor block the next chain; returns their number."""
        left = self.api.active_runs()
        for dag_id, run_id in left:
            self.api.fail(dag_id, run_id)
        for dag_id in filter(self.api.has_queued_events, self.dags):
            self.api.forget_queued_events(dag_id)
        return len(left)

    def unpause(self) -> None:
        """Let all DAGs run."""
        for dag_id in self.dags:
            self.api.unpause(dag_id)

    def run(self) -> ChainEnd:
        """Start the chain and follow it to its end; after a failed task, the tasks that can do without it go on."""
        since = datetime.now(UTC)
        self.unpause()
        self.api.trigger(self.dags[0])
        while not (outcome := self._look(since)):
            time.sleep(POLL_SECONDS)
        return outcome

    def _look(self, since: datetime) -> ChainEnd | None:
        """Read the state of all tasks once and print changes; returns the end of the chain, None if it goes on."""
        before = {(task.run, task.task_id): task.state for task in self.tasks}
        self.tasks = self.api.tasks_since(since)
        for task in self.tasks:
            if task.state in SHOWN_STATES and task.state != before.get((task.run, task.task_id)):
                self.say(describe(task))
        if self.reviewer and self.awaiting:
            self._approve(self.reviewer)
            return None
        if self._busy():
            return None
        if self.failed:
            return ChainEnd.FAILED
        return ChainEnd.AWAITING_APPROVAL if self.awaiting else ChainEnd.COMPLETE

    def _approve(self, reviewer: AirflowApi) -> None:
        for task in self.awaiting:
            question = (*task.run, task.task_id, task.try_number)
            waiting_since = self.waiting_since.setdefault(question, time.monotonic())
            if time.monotonic() - waiting_since > PAUSE_BEFORE_ANSWER_SECONDS:
                reviewer.approve(task, WHY)
                self.say(f"{task.task_id:<20} approved by {reviewer.user}")

    def _busy(self) -> bool:
        """Whether any task runs, or is about to run, without a person's answer.

        An asset's event is queued before its producer ends, and stays queued until its consumer has begun. So the runs
        are checked once more after the queued events.
        """
        if any(task.state == "running" for task in self.tasks):
            return True
        return self._runs_going_on() or any(map(self.api.has_queued_events, self.dags)) or self._runs_going_on()

    def _runs_going_on(self) -> bool:
        stuck = self._stuck()
        going_on = {task.run for task in self.tasks if task.state not in FINISHED and task.task_id not in stuck}
        waiting = {task.run for task in self.awaiting} - going_on
        return any(run not in waiting for run in self.api.active_runs())

    def _stuck(self) -> set[str]:
        """Ids of the tasks that wait for a person, and of all that come after them."""
        stuck: set[str] = set()
        reached = [task.task_id for task in self.awaiting]
        while reached:
            task_id = reached.pop()
            stuck.add(task_id)
            reached.extend(self.followers[task_id])
        return stuck


def describe(task: Task) -> str:
    """A line on a task's state; once the task has ended, also its seconds."""
    seconds = ""
    if task.state in FINISHED and task.start and task.end:
        seconds = f"{(task.end - task.start).total_seconds():7.1f} s"
    return f"{task.task_id:<20} {task.state:<15}{seconds}".rstrip()
