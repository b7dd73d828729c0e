"""The servers that stand in for partners when the stack is asked to read from there: started, told of, and ended."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from conf.schema import source as sources
from conf.schema.errors import FieldstoneError
from conf.schema.workspace import ROOT
from pipeline.ingest.database.connection import Reader
from pipeline.machine import postgresql
from sandbox.stack import partner_servers
from sandbox.stack.airflow_home import AirflowHome
from sandbox.stack.processes import StackRoster
from sandbox.stack.servers import Servers
from tests.integration.holding import application
from tests.integration.landing import person, write_jsonl

ADDRESS = "FIELDSTONE_BANK_URL"
needs_postgres = pytest.mark.skipif(
    not postgresql.is_installed(), reason="PostgreSQL isn't installed (Debian: apt install postgresql)"
)


@pytest.fixture
def place(workspace):
    """A workspace whose bank is a database, and whose landing zone has an application for it."""
    write_jsonl(
        workspace.settings.landing / "bank/application/a.jsonl", [application(person(1), "2025-03-01T00:00:00Z")]
    )
    bank = sources.read(ROOT / "conf/sources/bank@postgres.yaml")
    return replace(workspace, sources=workspace.sources | {"bank": bank})


@pytest.fixture
def servers(place):
    roster = StackRoster.open(place.settings.home / "airflow/processes.json")
    yield Servers(AirflowHome(place, 0), roster)
    roster.stop()


def test_files_need_no_server_and_a_partner_that_the_environment_names_none_of_ours(workspace, place, monkeypatch):
    assert partner_servers.needed(workspace) == []
    assert partner_servers.needed(place) == [partner_servers.STANDS["database"]]
    monkeypatch.setenv(ADDRESS, "postgresql://reader@bank.example/core")
    assert partner_servers.needed(place) == []


def test_without_postgresql_it_is_said_how_to_get_it(place, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgresql, "DEBIAN", tmp_path)
    with pytest.raises(
        FieldstoneError, match=r"PostgreSQL isn't installed: .*; Debian: apt install postgresql, macOS: br"
    ):
        partner_servers.needed(place)


@needs_postgres
def test_a_database_stands_in_until_it_is_stopped_and_leaves_nothing(place, servers, monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    partner_servers.start(servers, place, partner_servers.needed(place))
    rows = list(Reader(place.source("bank").connection).stream("SELECT application_no FROM core.application"))
    assert rows[0]["application_no"].to_pylist() == [application(person(1), "")["application_no"]]
    folder = place.settings.landing.with_name("postgres")
    data = Path((folder / "data").read_text().strip().partition("=")[2])
    server = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
    servers.roster.stop()
    psutil.wait_procs([server], timeout=30)
    assert (server.is_running(), data.exists(), folder.exists()) == (False, False, False)


@needs_postgres
def test_what_a_killed_server_left_is_removed_by_the_next(place, servers, monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    folder, needed = place.settings.landing.with_name("postgres"), partner_servers.needed(place)
    partner_servers.start(servers, place, needed)
    data = Path((folder / "data").read_text().strip().partition("=")[2])
    for process in servers.roster.survivors():
        process.kill()
    servers.roster.stop()
    assert data.exists()
    partner_servers.start(servers, place, needed)
    assert not data.exists()


@needs_postgres
def test_a_server_that_can_not_start_is_named(place, servers):
    shutil.rmtree(place.settings.landing)
    with pytest.raises(FieldstoneError, match=r"bank-database ended at once; .*logs says why"):
        partner_servers.start(servers, place, partner_servers.needed(place))
    assert "no files of bank in" in (servers.home.logs / "bank-database.log").read_text()
