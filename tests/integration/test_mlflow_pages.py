"""MLflow behind its own authentication: the embedded pages, and a team's server on PostgreSQL."""

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from conf.schema.settings import Settings
from conf.schema.workspace import load
from pipeline.context import Context
from pipeline.machine import postgresql
from pipeline.machine.ports import LOOPBACK, free_port
from pipeline.registry import tracking
from pipeline.releases import champions, model_release
from sandbox.partners import postgres
from sandbox.stack import mlflow_pages
from sandbox.stack.airflow_home import OPERATOR, REVIEWER, AirflowHome
from sandbox.stack.processes import StackRoster
from sandbox.stack.servers import Servers
from tests.conftest import AS_OF
from tests.integration import registering

ALIAS = {"name": "admission", "alias": "champion", "version": "1"}


def at(folder: Path, **options) -> Context:
    settings = Settings(home=folder, sandbox_approval=True, **options)
    return Context(replace(load(), settings=settings), AS_OF)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The embedded pages on a registry of one version; their address and the home that they belong to."""
    context = at(tmp_path_factory.mktemp("pages") / "state")
    registering.registered(context)
    home = AirflowHome(context.workspace, free_port())
    servers = Servers(home, StackRoster.open(home.folder / "processes.json"))
    try:
        url = servers.start_mlflow()
        servers.await_url(url)
        for _ in range(2):  # what is there stays
            mlflow_pages.add_reviewer(home, url)
        yield url, home
    finally:
        servers.roster.stop()


def call(pages, user: str | None, method: str, path: str, **options) -> httpx.Response:
    url, home = pages
    auth = (user, home.passwords[user]) if user else None
    return httpx.request(method, f"{url}{path}", auth=auth, trust_env=False, timeout=60, **options)


@pytest.mark.parametrize("path", ["/", "/api/2.0/mlflow/registered-models/get?name=admission", "/get-artifact"])
def test_whoever_isnt_signed_in_sees_nothing(pages, path):
    assert call(pages, None, "GET", path).status_code == 401


def test_who_is_signed_in_sees_the_version_its_description_and_its_report(pages):
    version = call(pages, REVIEWER, "GET", "/api/2.0/mlflow/model-versions/get?name=admission&version=1").json()
    assert "Trained by Tara on 600 rows" in version["model_version"]["description"]
    run_id = version["model_version"]["run_id"]
    report = call(pages, REVIEWER, "GET", f"/get-artifact?path={tracking.REPORT}&run_uuid={run_id}")
    assert (report.status_code, report.text) == (200, "<p>")


def test_who_is_signed_in_as_a_reviewer_changes_nothing(pages):
    for method, path, body in (
        ("POST", "/api/2.0/mlflow/registered-models/alias", ALIAS),
        ("POST", "/api/2.0/mlflow/model-versions/set-tag", {**ALIAS, "key": "passed", "value": "true"}),
        ("DELETE", "/api/2.0/mlflow/model-versions/delete", {"name": "admission", "version": "1"}),
        ("POST", "/api/2.0/mlflow/users/create", {"username": "somebody", "password": "a pass of twelve"}),
        ("POST", "/api/2.0/mlflow/registered-models/create", {"name": "a model to come"}),
        ("POST", "/api/2.0/mlflow/experiments/create", {"name": "an experiment of one's own"}),
        ("POST", "/ajax-api/2.0/mlflow/registered-models/create", {"name": "a model to come"}),
    ):
        assert call(pages, REVIEWER, method, path, json=body).status_code == 403, path


def test_the_operator_makes_a_model(pages):
    made = call(pages, OPERATOR, "POST", "/api/2.0/mlflow/registered-models/create", json={"name": "another"})
    assert made.is_success, made.text


def test_secrets_of_the_pages_are_their_owners_alone(pages):
    _, home = pages
    assert home.password_file.with_name("mlflow_keys.json").stat().st_mode & 0o077 == 0
    text = (home.workspace.settings.home / "mlflow/auth.ini").read_text()
    assert home.passwords[OPERATOR] not in text


@contextmanager
def team(folder: Path):
    """A team's MLflow: its registry and users on PostgreSQL, artifacts served; its address and the admin's password."""
    file = folder / "auth.ini"
    with postgres.running(folder, tls=False) as server:
        store = server.url(postgres.OWNER).replace("postgresql://", "postgresql+psycopg://")
        file.write_text(f"[mlflow]\ndefault_permission = READ\ndatabase_uri = {store.replace('%', '%%')}\n")
        port, password = free_port(), "a pass of twelve letters"
        environ = os.environ | {
            "MLFLOW_AUTH_CONFIG_PATH": str(file),
            "MLFLOW_AUTH_ADMIN_USERNAME": OPERATOR,
            "MLFLOW_AUTH_ADMIN_PASSWORD": password,
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "of this test",
        }
        place = ["--host", LOOPBACK, "--port", str(port), "--workers", "1", "--app-name", "basic-auth"]
        kept = ["--backend-store-uri", store, "--artifacts-destination", str(folder / "served")]
        with open(folder / "log", "w") as log:
            command = [sys.executable, "-m", "mlflow", "server", *kept, *place]
            process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
        try:
            url = f"http://{LOOPBACK}:{port}"
            home = AirflowHome(load(), port)
            Servers(home, StackRoster.open(folder / "processes.json")).await_url(url)
            yield url, password
        finally:
            process.terminate()
            process.wait()


@pytest.mark.further
@pytest.mark.skipif(not postgresql.is_installed(), reason="PostgreSQL isn't installed (Debian: apt install postgresql)")
def test_a_team_registers_approves_and_scores_by_a_server_on_postgresql(tmp_path, monkeypatch):
    with team(tmp_path) as (url, password):
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", OPERATOR)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
        context = at(tmp_path / "state", mlflow_uri=url)
        registering.registered(context)
        model_release.approve(context, "admission", "1", "Rita", "sound", sandbox=False)
        client = tracking.connect(context.workspace.settings)
        assert str(champions.load(context, client, "admission")) == "admission:1"
        assert client.get_model_version("admission", "1").run_id
        run = client.get_run(client.get_model_version("admission", "1").tags["run_id"])
        assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
        assert not list((tmp_path / "state/mlflow").rglob("predictor.json"))
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "of somebody else")
        with pytest.raises(Exception, match=r"401|not authenticated|Unauthorized"):
            tracking.connect(context.workspace.settings)
