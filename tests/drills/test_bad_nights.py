"""Bad nights on the real stack, one after the other on one county. `make nightly` runs them, for each takes minutes."""

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from filelock import FileLock

from conf.schema import workspace
from lake import state
from sandbox.stack.airflow_api import AWAITING, AirflowApi, Task
from sandbox.stack.airflow_home import OPERATOR, REVIEWER, AirflowHome
from sandbox.stack.processes import StackRoster
from tests.integration.test_stack import Place, marked

pytestmark = [pytest.mark.airflow, pytest.mark.nightly]
ROOT = workspace.ROOT
ANSWER_SECONDS = 120
ROOM_BYTES = 2000
ENDED = ("success", "failed", "upstream_failed", "skipped")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Place:
    return Place(tmp_path_factory.mktemp("bad-nights"))


def roster(place: Place) -> StackRoster:
    return StackRoster.open(place.home / "airflow" / "processes.json")


def job(place: Place, night: subprocess.Popen, *words: str) -> psutil.Process:
    """The process of a task's command, as soon as it is there; an error if the run ends without it."""
    while night.poll() is None:
        for process in marked(roster(place)):
            with contextlib.suppress(psutil.Error):
                if "fieldstone " + " ".join(words) in " ".join(process.cmdline()):
                    return process
    raise AssertionError(f"the run ended, and nothing ran `fieldstone {' '.join(words)}`; see its output")


def fill_disk(process: psutil.Process) -> None:
    """Let a process find that there is room for small files only, as on a disk that is nearly full."""
    process.rlimit(psutil.RLIMIT_FSIZE, (ROOM_BYTES, ROOM_BYTES))


@pytest.fixture(scope="module")
def disturbed(place) -> tuple[int, str]:
    """A run with Airflow's own retries, a job of which is killed, one locked out, and one without room on the disk."""
    locks = place.home / "locks"
    locks.mkdir(parents=True)
    lock, lines, done = FileLock(locks / "bronze_farm__planting.lock"), [], set()
    lock.acquire()
    with place.start(FIELDSTONE_SANDBOX_RETRIES="2") as process:
        for line in process.stdout:
            lines.append(line)
            if re.search(r"refine_bank +running", line) and "bank" not in done:
                job(place, process, "refine", "bank").kill()
                done.add("bank")
            if re.search(r"refine_housing +running", line) and "housing" not in done:
                fill_disk(job(place, process, "refine", "housing"))
                done.add("housing")
            if re.search(r"ingest_farm +up_for_retry", line):
                lock.release()
    return process.returncode, "".join(lines)


def test_jobs_that_are_killed_locked_out_or_without_room_are_tried_again_and_end_well(place, disturbed):
    code, output = disturbed
    assert code == 0, output
    for task in ("refine_bank", "ingest_farm", "refine_housing"):
        assert re.search(rf"{task} +up_for_retry", output), output
        assert re.search(rf"{task} +success", output), output
    assert not state.findings(place.home)
    assert not list(place.home.glob("staging/*"))


def test_a_job_without_room_says_so_and_that_what_was_written_is_whole(place, disturbed):
    (log,) = (place.home / "airflow/logs/dag_id=refine_housing").rglob("task_id=refine_housing/attempt=1.log")
    text = log.read_text()
    assert "stopped by the system: File too large" in text
    assert state.WHOLE in text


def test_another_run_finds_nothing_that_the_bad_night_left_undone(place, disturbed):
    before = place.summary()["hashes"]
    again = place.run()
    assert (again.code, "Challengers await approval: admission, limit" in again.output) == (0, True), again.output
    kept = {"audit__runs", "gold__decisions"}
    after = again.summary["hashes"]
    assert {k: v for k, v in after.items() if k not in kept} == {k: v for k, v in before.items() if k not in kept}


class Up:
    """The stack kept running, and Airflow as seen by who triggers and who reviews."""

    def __init__(self, place: Place) -> None:
        self.place = place
        assert self.stack("up")[0] == 0

    def stack(self, command: str) -> tuple[int, str]:
        environ = self.place.environ | {"FIELDSTONE_SANDBOX_ANSWER_SECONDS": str(ANSWER_SECONDS)}
        words = [sys.executable, "-m", "sandbox.stack", command]
        done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def api(self, user: str = OPERATOR) -> AirflowApi:
        project = workspace.load()
        home = AirflowHome(replace(project, settings=project.settings.model_copy(update={"home": self.place.home})), 0)
        return AirflowApi(roster(self.place).facts["Airflow"], user, home.passwords[user])

    def answers(self, model: str) -> str:
        """An answer to each red finding of a model's latest version, as the form asks for them."""
        number = self.place.summary()["models"][model][-1]["version"]
        compared = self.place.fieldstone("compare", model, str(number), "--json")
        compared.check_returncode()
        return "\n".join(f"{name}: looked at" for name in json.loads(compared.stdout)["red_findings"])

    def until(self, api: AirflowApi, since: datetime, holds: Callable[[dict[str, list[Task]]], bool]) -> dict:
        """Ask for all tasks until something holds of them."""
        while True:
            tasks: dict[str, list[Task]] = {}
            for task in api.tasks_since(since):
                tasks.setdefault(task.task_id, []).append(task)
            if holds(tasks):
                return tasks


@pytest.fixture(scope="module")
def up(place, disturbed):
    running = Up(place)
    yield running
    running.stack("down")


@pytest.mark.parametrize("name", ["scheduler", "dag-processor", "api-server"])
def test_a_part_of_airflow_that_dies_is_told_of_and_mended_and_the_others_go_on(up, name):
    before = {entry.name: entry for entry in roster(up.place).started}
    process = psutil.Process(before[name].pid)
    process.kill()
    process.wait(timeout=10)
    code, output = up.stack("status")
    assert (code, f"{name:<14} has ended; `make up` mends it" in output) == (1, True), output
    code, output = up.stack("up")
    assert (code, f"{name} has ended: started anew" in output) == (0, True), output
    after = {entry.name: entry for entry in roster(up.place).started}
    assert {n for n in before if before[n] != after[n]} == {name}


def test_a_paused_source_and_an_unanswered_review_hold_up_nothing_else(up):
    api, reviewer, since = up.api(), up.api(REVIEWER), datetime.now(UTC)
    api._call("PATCH", "/api/v2/dags/ingest_farm", json={"is_paused": True})
    api.trigger("ingest_consent")
    tasks = up.until(api, since, lambda t: all(state_of(t, f"refine_{n}") == "success" for n in ("bank", "housing")))
    assert "ingest_farm" not in tasks
    api.trigger("train_admission")
    api.trigger("train_limit")
    waiting = ("review_admission", "review_limit")
    tasks = up.until(api, since, lambda t: all(state_of(t, name) == AWAITING for name in waiting))
    api.trigger("train_limit")  # the next training, while the question about this one is open
    tasks = up.until(api, since, lambda t: len([x for x in t.get("train_limit", ()) if x.state == "success"]) > 1)
    reviewer.approve(tasks["review_admission"][0], "sound", up.answers("admission"))
    tasks = up.until(api, since, lambda t: state_of(t, "approve_admission") in ENDED)
    assert state_of(tasks, "approve_admission") == "success"
    tasks = up.until(api, since, lambda t: state_of(t, "decide") in ENDED)
    assert state_of(tasks, "decide") == "success"
    tasks = up.until(api, since, lambda t: state_of(t, "approve_limit") in ENDED)
    assert state_of(tasks, "approve_limit") == "skipped"  # nobody answered in time
    aliases = {name: versions[-1]["aliases"] for name, versions in up.place.summary()["models"].items()}
    assert {name: "champion" in called for name, called in aliases.items()} == {"admission": True, "limit": False}


def test_a_source_that_was_paused_is_caught_up_with_once_it_goes_on(up):
    """The sandbox has no daily runs; the register of consents sets off all sources."""
    api, since = up.api(), datetime.now(UTC)
    api.unpause("ingest_farm")
    api.trigger("ingest_consent")
    tasks = up.until(api, since, lambda t: state_of(t, "decide") in ENDED)
    chain = ("ingest_farm", "refine_farm", "build_features", "decide")
    assert {name: state_of(tasks, name) for name in chain} == dict.fromkeys(chain, "success")


def test_a_run_for_a_day_that_is_past_changes_nothing(up):
    api, since, before = up.api(), datetime.now(UTC), state.versions(up.place.home)
    api._call("POST", "/api/v2/dags/refine_bank/dagRuns", json={"logical_date": "2025-01-01T00:00:00Z"})
    tasks = up.until(api, since, lambda t: state_of(t, "refine_bank") in ENDED)
    assert state_of(tasks, "refine_bank") == "success"
    silver = {table: version for table, version in before.items() if table.startswith("silver_bank")}
    assert silver.items() <= state.versions(up.place.home).items()


def test_after_an_erasure_has_vacuumed_nobody_reads_the_past_and_all_goes_on(up):
    api, since, home = up.api(), datetime.now(UTC), up.place.home
    before = {table: version for table, version in state.versions(home).items() if table.startswith("silver_")}
    somebody = table_of(home, "silver_farm__planting")["subject_key"][0].as_py()
    holding = [table for table in before if somebody in table_of(home, table)["subject_key"].to_pylist()]
    done = up.place.fieldstone("erase", "--subject", somebody, "--execute", "--operator", "Olga")
    assert done.returncode == 0, done.stderr
    vacuumed = [t for t in holding if somebody not in table_of(home, t)["subject_key"].to_pylist()]
    assert "silver_farm__planting" in vacuumed
    for table in vacuumed:
        with pytest.raises((OSError, DeltaError)):  # by version, past our gate: what it names isn't there any more
            table_of(home, table, before[table])
    api.unpause("erase_subjects")
    for dag_id in ("erase_subjects", "build_features"):
        api.trigger(dag_id)
    ended = ("consent_withdrawn", "build_features", "decide")
    tasks = up.until(api, since, lambda t: all(state_of(t, name) in ENDED for name in ended))
    assert {name: state_of(tasks, name) for name in ended} == dict.fromkeys(ended, "success")
    # the past as it was known then goes by known_at and needs no old version
    done = up.place.fieldstone("build-features", "--as-of", "2025-06-30")
    assert done.returncode == 0, done.stderr
    assert not state.findings(home)


def table_of(home: Path, table: str, version: int | None = None) -> pa.Table:
    """The rows of a table at a version, the latest unless given."""
    return DeltaTable(str(home / "lake" / table), version=version).to_pyarrow_table(columns=["subject_key"])


def state_of(tasks: dict[str, list[Task]], name: str) -> str | None:
    """State of a task's first run; None before it has one."""
    return tasks[name][0].state if tasks.get(name) else None
