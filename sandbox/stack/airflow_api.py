"""The few calls of Airflow's REST API (v2) that the embedded stack makes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from conf.schema.errors import SetupError

FINISHED = {"success", "failed", "skipped", "upstream_failed", "removed"}
AWAITING = "awaiting_input"
_ATTEMPTS = 6


@dataclass(frozen=True)
class Task:
    """The state of a task in one run of its DAG.

    Attributes:
        state: Airflow's name of the state; None before the task is scheduled.
        start, end: begin and end of the task (UTC), including the time until a person answers.
    """

    dag_id: str
    run_id: str
    task_id: str
    try_number: int
    state: str | None
    start: datetime | None
    end: datetime | None
    operator: str

    @property
    def run(self) -> tuple[str, str]:
        """DAG and run of the task."""
        return self.dag_id, self.run_id

    @classmethod
    def parse(cls, entry: dict[str, Any]) -> Self:
        """The task of an entry that the API returned."""
        return cls(
            dag_id=entry["dag_id"],
            run_id=entry["dag_run_id"],
            task_id=entry["task_id"],
            try_number=entry["try_number"],
            state=entry["state"],
            start=_moment(entry["start_date"]),
            end=_moment(entry["end_date"]),
            operator=entry["operator_name"] or entry["operator"] or "",
        )


class AirflowApi:
    """A signed-in user of one Airflow.

    Attributes:
        user: the user's name.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        """Sign in.

        Raises:
            FieldstoneError: Airflow refuses the user or doesn't answer.
        """
        self.user = user
        self._http = httpx.Client(base_url=url, timeout=60, trust_env=False)
        token = self._call("POST", "/auth/token", json={"username": user, "password": password})["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def _call(self, method: str, path: str, **options: Any) -> Any:
        # SQLite refuses a writer whose snapshot is out of date; Airflow has rolled back then and answers 500
        again = Retrying(
            retry=retry_if_exception(_is_servers_own),
            wait=wait_exponential(0.2),
            stop=stop_after_attempt(_ATTEMPTS),
            reraise=True,
        )
        try:
            answer = again(self._answer, method, path, **options)
        except httpx.HTTPStatusError as error:
            detail = error.response.text[:500]
            raise SetupError(f"Airflow refused {method} {path}: {error.response.status_code} {detail}") from error
        except httpx.TransportError as error:
            raise SetupError(f"Airflow doesn't answer {method} {path}: {error!r}") from error
        return answer.json() if answer.content else None

    def _answer(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._http.request(method, path, **options).raise_for_status()

    def _get(self, path: str, **params: Any) -> Any:
        return self._call("GET", f"/api/v2{path}", params=params)

    def parsed_since(self, moment: datetime) -> set[str]:
        """Ids of the DAGs whose files were read after a moment."""
        dags = self._get("/dags", limit=100)["dags"]
        return {d["dag_id"] for d in dags if (parsed := _moment(d["last_parsed_time"])) and parsed >= moment}

    def import_errors(self) -> list[str]:
        """DAG files that can't be read, each with its traceback."""
        return [f"{e['filename']}: {e['stack_trace']}" for e in self._get("/importErrors", limit=100)["import_errors"]]

    def unpause(self, dag_id: str) -> None:
        """Let a DAG run."""
        self._call("PATCH", f"/api/v2/dags/{dag_id}", json={"is_paused": False})

    def outline(self, dag_id: str) -> list[dict[str, Any]]:
        """The tasks of a DAG, each with `task_id`, `pool` and `downstream_task_ids`."""
        return self._get(f"/dags/{dag_id}/tasks")["tasks"]

    def make_pools(self, names: set[str]) -> None:
        """Make sure that pools with these names exist, each with one slot."""
        entities = [{"name": name, "slots": 1, "description": "one writer at a time"} for name in sorted(names)]
        create = {"action": "create", "action_on_existence": "skip", "entities": entities}
        self._call("PATCH", "/api/v2/pools", json={"actions": [create]})

    def trigger(self, dag_id: str) -> None:
        """Start a run of a DAG now."""
        self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None})

    def active_runs(self) -> list[tuple[str, str]]:
        """DAG and run ids of the runs that have not ended."""
        runs = self._get("/dags/~/dagRuns", state=["queued", "running"], limit=100)["dag_runs"]
        return [(run["dag_id"], run["dag_run_id"]) for run in runs]

    def fail(self, dag_id: str, run_id: str) -> None:
        """End a run, and what is left of its tasks, as failed."""
        self._call("PATCH", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}", json={"state": "failed"})

    def has_queued_events(self, dag_id: str) -> bool:
        """Whether assets have changed for a DAG without it having run for them yet."""
        return self._get(f"/dags/{dag_id}/assets/queuedEvents")["total_entries"] > 0

    def forget_queued_events(self, dag_id: str) -> None:
        """Delete the queued events of a DAG, see `has_queued_events`."""
        self._call("DELETE", f"/api/v2/dags/{dag_id}/assets/queuedEvents")

    def tasks_since(self, moment: datetime) -> list[Task]:
        """The task instances of all runs that were requested after a moment."""
        path = "/dags/~/dagRuns/~/taskInstances"
        entries = self._get(path, run_after_gte=moment.isoformat(), limit=100)["task_instances"]
        return [Task.parse(entry) for entry in entries]

    def approve(self, task: Task, why: str, answers: str = "") -> None:
        """Answer a waiting approval with yes, as the signed-in user.

        Args:
            answers: to the red findings, a line for each; a sandbox that approves by itself has its own.
        """
        path = f"/api/v2/dags/{task.dag_id}/dagRuns/{task.run_id}/taskInstances/{task.task_id}/-1/hitlDetails"
        self._call(
            "PATCH", path, json={"chosen_options": ["Approve"], "params_input": {"why": why, "answers": answers}}
        )

    def log(self, task: Task) -> list[str]:
        """Lines that a task logged in its latest try."""
        path = f"/dags/{task.dag_id}/dagRuns/{task.run_id}/taskInstances/{task.task_id}/logs/{task.try_number}"
        return [entry["event"] for entry in self._get(path, full_content="true")["content"]]


def _is_servers_own(error: BaseException) -> bool:
    return isinstance(error, httpx.HTTPStatusError) and error.response.is_server_error


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
