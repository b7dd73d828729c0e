"""A part of the embedded stack that has ended, hangs or sends no heartbeat is told of and can be started anew."""

import http.server
import json
import os
import subprocess
import threading

import psutil
import pytest

from conf.schema import workspace
from sandbox.stack import embedded, health
from sandbox.stack.processes import StackRoster

ROOT = workspace.ROOT
BEATING = {name: {"status": "healthy"} for name in ("scheduler", "dag_processor", "triggerer")}


class Airflow:
    """Answers as Airflow's health endpoint does."""

    def __init__(self) -> None:
        self.beats = dict(BEATING)
        answers = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(answers.beats).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def airflow():
    started = Airflow()
    yield started
    started.server.shutdown()
    started.server.server_close()


@pytest.fixture
def roster(tmp_path, airflow):
    """Six processes that stand for the parts, and the pages that they serve."""
    opened = StackRoster.open(tmp_path / "airflow/processes.json")
    opened.facts = dict.fromkeys(health.PARTS.values(), airflow.url)
    for name in ("api-server", "dag-processor", "scheduler", "triggerer", "mlflow", "reports"):
        opened.start(name, ["sleep", "600"], dict(os.environ), tmp_path / "log", ROOT)
    yield opened
    opened.stop()


def kill(roster: StackRoster, name: str) -> None:
    (entry,) = [entry for entry in roster.started if entry.name == name]
    process = psutil.Process(entry.pid)
    process.kill()
    process.wait()


def test_where_all_is_well_nothing_is_told(roster):
    assert health.faults(roster) == {}


@pytest.mark.parametrize("name", ["api-server", "dag-processor", "scheduler", "triggerer", "mlflow", "reports"])
def test_a_part_that_has_ended_is_told_of(roster, name):
    kill(roster, name)
    assert health.faults(StackRoster.open(roster.path)) == {name: "has ended"}


@pytest.mark.parametrize(("part", "name"), [(name, name.replace("_", "-")) for name in BEATING])
@pytest.mark.parametrize("status", ["unhealthy", None])
def test_a_part_that_runs_and_sends_no_heartbeat_is_told_of(roster, airflow, part, name, status):
    airflow.beats[part] = {"status": status}
    assert health.faults(roster) == {name: "sends no heartbeat"}


def test_a_run_needs_no_triggerer(roster, airflow):
    roster.end("triggerer")
    airflow.beats.pop("triggerer")
    assert health.faults(roster) == {}


def test_pages_that_dont_answer_are_told_of(roster, airflow):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as closed:
        roster.facts["MLflow"] = f"http://127.0.0.1:{closed.server_port}"
    assert health.faults(roster) == {"mlflow": "doesn't answer"}


def test_status_says_what_has_ended_and_fails(roster, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FIELDSTONE_HOME", str(tmp_path))
    roster.save()
    assert embedded.main(["status"]) == 0
    kill(roster, "scheduler")
    assert embedded.main(["status"]) == 1
    assert "scheduler      has ended; `make up` mends it" in capsys.readouterr().out


def test_a_part_is_ended_with_what_it_left_behind_and_the_others_go_on(tmp_path):
    roster, started = StackRoster.open(tmp_path / "processes.json"), []
    try:
        for name in ("scheduler", "reports"):
            log = tmp_path / name
            os.mkfifo(log)
            reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
            roster.start(name, ["sh", "-c", "sleep 600 & echo $!; wait"], dict(os.environ), log, ROOT)
            os.set_blocking(reader, True)
            with os.fdopen(reader) as lines:
                started.append(int(lines.readline()))
        kill(roster, "scheduler")
        left_behind, other = started
        roster.end("scheduler")
        assert not psutil.pid_exists(left_behind)
        assert psutil.Process(other).status() != psutil.STATUS_ZOMBIE
        assert [entry.name for entry in StackRoster.open(roster.path).started] == ["reports"]
    finally:
        roster.stop()


def test_a_stranger_is_never_ended(tmp_path):
    roster = StackRoster.open(tmp_path / "processes.json")
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as stranger:
        roster.end("scheduler")
        assert stranger.poll() is None
        stranger.kill()
