"""Shared parts of the DAGs: the workspace, the task that runs a job, and the assets that link one DAG to the next."""

import json
import os
import shlex
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, TriggerRule
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from conf.schema import table_names, workspace
from conf.schema.errors import REFUSED

WORKSPACE = workspace.load()
ZONE = WORKSPACE.settings.time_zone  # the time zone of all hours in schedules

# The embedded stack triggers the chain itself and needs the first error at once: no cron, and no retries unless a drill
# asks for them.
SANDBOX = os.environ.get("FIELDSTONE_SANDBOX") == "1"
TRIES_AGAIN = int(os.environ.get("FIELDSTONE_SANDBOX_RETRIES", "0")) if SANDBOX else 3

# One run of a DAG at a time, so that two runs never write the same table.
DAG_DEFAULTS: dict[str, Any] = {"max_active_runs": 1, "catchup": False}

RETRIES: dict[str, Any] = {
    "retries": TRIES_AGAIN,
    "retry_delay": timedelta(seconds=5) if SANDBOX else timedelta(minutes=1),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=30),
}


def asset(name: str, title: str, **extra: Any) -> Asset:
    """An asset of a layer; the layer is the part of the name before the first underscore."""
    return Asset(name=name, group=name.partition("_")[0], extra={"title": title, **extra})


def layer_assets(layer: str) -> dict[str, Asset]:
    """The assets of a layer by source; each stands for all tables that the source delivers."""
    return {
        name: asset(f"{layer}_{name}", source.title.en, tables=[c.named(layer) for c in WORKSPACE.tables_of(name)])
        for name, source in WORKSPACE.sources.items()
    }


BRONZE = layer_assets("bronze")
SILVER = layer_assets("silver")
TRAINING_FEATURES = asset(table_names.TRAINING_FEATURES, "Features of applications that became loans")
APPLICATION_FEATURES = asset(table_names.APPLICATION_FEATURES, "Features of pending applications")
CHAMPIONS = asset("registry_champions", "Model versions that an approval has put in force")
DECISIONS = asset(table_names.DECISIONS, "Decisions on pending applications")
SCORES = asset(table_names.QUALITY, "Scores of the batches that partners have sent")

# DAGs triggered by assets also run daily, after the sources: Airflow keeps no event for a paused DAG, and a DAG
# that waits for several sources would wait for ever if one of them is paused. A run without new data is short.
CAUGHT_UP = {"refine": 5, "erase": 6, "build_features": 6, "train": 7, "decide": 8, "inspect": 9}


def caught_up(what: str, assets: Any) -> Any:
    """The schedule of a DAG: once all of its assets are new, and daily at its hour, with the data of that time."""
    timetable = CronTriggerTimetable(f"0 {CAUGHT_UP[what]} * * *", timezone=ZONE)
    return assets if SANDBOX else AssetOrTimeSchedule(timetable=timetable, assets=assets)


GATES = [name for name, source in WORKSPACE.sources.items() if source.gates]
GATED = [name for name in WORKSPACE.sources if name not in GATES]


class Job(BashOperator):
    """A command that fails without a retry if it has refused something.

    A retry would find nothing new and succeed, and hide the refusal.
    """

    def execute(self, context: Any) -> Any:
        """Run the command.

        Raises:
            AirflowFailException: something was refused.
        """
        try:
            return super().execute(context)
        except AirflowSkipException:
            text = "batches or files were refused, which no retry changes; decide of them (fieldstone batches list)"
            raise AirflowFailException(text) from None


def result(line: str) -> Any:
    """The result of a command, from the last line that it printed; for XCom."""
    return json.loads(line) if line else None


def job(*command: str, pool: str, name: str = "", arguments: str = "", hours: float = 2, **options: Any) -> Job:
    """A task that runs `fieldstone <command> --json`, logs its messages, and stores its result as XCom.

    Args:
        command: the job and its subject.
        pool: named after the data that the job writes; a pool has one slot, so each table has one writer.
        name: of the task; by default made of the job and its subject.
        arguments: shell text after the command, for values that are known at run time only.
        hours: time limit; a longer run is killed and counts as failed.
        options: further arguments of the operator, e.g. `outlets`.
    """
    return Job(
        task_id=name or "_".join(command).replace("-", "_"),
        bash_command=f"fieldstone {shlex.join(command)}{arguments} --json",
        output_processor=result,
        cwd=str(WORKSPACE.root),
        append_env=True,
        skip_on_exit_code=REFUSED,
        pool=pool,
        execution_timeout=timedelta(hours=hours),
        **RETRIES,
        **options,
    )


def go_on_without(task: Job) -> None:
    """Let DAGs that wait for a task's assets run even if it fails, with the earlier data; its own run still fails.

    One extra task updates the assets in its place, only after a failure; the other one can only follow success, so that
    the run, whose state Airflow takes from its last tasks, ends as failed. Neither takes any time after a success.
    """
    missed = EmptyOperator(task_id=f"{task.task_id}_missed", outlets=task.outlets, trigger_rule=TriggerRule.ONE_FAILED)
    task >> [missed, EmptyOperator(task_id=f"{task.task_id}_whole")]


def scored() -> EmptyOperator:
    """A task that updates the asset of scored batches, also if a batch was refused, which inspection has to see.

    It is a teardown, which also runs after failures and doesn't change the state of the run.
    """
    return EmptyOperator(task_id="scored", outlets=[SCORES]).as_teardown()
