"""`fieldstone doctor` looks and changes nothing; what isn't well is named, with what to do."""

import json
import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from conf.schema.source import Database, PartnerApi
from conf.schema.workspace import load
from jobs.cli import main
from pipeline.context import Context
from pipeline.machine.ports import LOOPBACK
from pipeline.overview import health
from pipeline.results.everybody import HealthCheck
from tests.conftest import AS_OF

API = {"kind": "api", "base_url": "https://x", "client_id_env": "FARM_ID", "client_secret_env": "FARM_SECRET"}


def on(folder: Path, **settings) -> Context:
    """A workspace with its state in a folder, which isn't made."""
    workspace = load()
    stated = {"home": folder / "state", "keys": folder / "keys"} | settings
    return Context(replace(workspace, settings=workspace.settings.model_copy(update=stated)), AS_OF)


def of(context: Context, about: str) -> HealthCheck:
    (check,) = [each for each in health.examined(context).checks if each.about == about]
    return check


def keys(folder: Path, *names: str) -> None:
    (folder / "keys").mkdir()
    for name in names:
        path = folder / "keys" / f"{name}.key"
        path.write_text("ab" * 32)
        path.chmod(0o600)


def test_where_nothing_is_yet_nothing_is_wrong_and_nothing_is_made(tmp_path):
    wrong = {each.about for each in health.examined(on(tmp_path)).checks if not each.is_well}
    assert wrong <= {"memory", "disk"}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("missing", ["master", "pseudonym", "trail"])
def test_a_key_that_a_lake_needs_is_named_where_it_is_missing(tmp_path, missing, monkeypatch):
    for name in ("master", "pseudonym", "trail"):
        monkeypatch.delenv(f"FIELDSTONE_{name.upper()}_KEY", raising=False)
    keys(tmp_path, *{"master", "pseudonym", "trail"} - {missing})
    assert of(on(tmp_path), "keys").is_well  # no lake needs it yet
    (tmp_path / "state/lake/vault__keys").mkdir(parents=True)
    check = of(on(tmp_path), "keys")
    assert (check.is_well, f"has no {missing} key" in check.detail) == (False, True)
    monkeypatch.setenv(f"FIELDSTONE_{missing.upper()}_KEY", "cd" * 32)
    check = of(on(tmp_path), "keys")
    assert (check.is_well, "cd" in check.detail) == (True, False)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_that_others_can_read_is_named(tmp_path, mode):
    keys(tmp_path, "master", "pseudonym", "trail")
    (tmp_path / "keys/trail.key").chmod(mode)
    check = of(on(tmp_path), "keys")
    assert (check.is_well, "can read trail.key" in check.detail, "chmod 600" in check.detail) == (False, True, True)


def test_a_key_that_the_settings_place_elsewhere_counts_only_there(tmp_path):
    keys(tmp_path, "pseudonym", "trail")
    (tmp_path / "state/lake/vault__keys").mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere.key"
    context = on(tmp_path, master_from=f"file:{elsewhere}")
    assert not of(context, "keys").is_well
    elsewhere.write_text("ab" * 32)
    assert of(context, "keys").is_well
    assert of(on(tmp_path, master_from="plugin:bank.hsm:Master@key-1"), "keys").is_well


@pytest.mark.parametrize(
    ("connection", "variables"),
    [
        (Database(kind="database", url_env="BANK_URL"), ["BANK_URL"]),
        (PartnerApi(**API), ["FARM_ID", "FARM_SECRET"]),
    ],
)
def test_a_variable_that_a_connection_names_is_told_of_where_it_is_not_set_and_never_shown(
    tmp_path, connection, variables, monkeypatch
):
    context = on(tmp_path)
    farm = context.workspace.source("farm").model_copy(update={"connection": connection})
    sources = dict(context.workspace.sources) | {"farm": farm}
    context = Context(replace(context.workspace, sources=sources), AS_OF)
    check = of(context, "connections")
    assert not check.is_well
    assert all(f"{variable} of farm" in check.detail for variable in variables)
    for variable in variables:
        monkeypatch.setenv(variable, "hush")
    check = of(context, "connections")
    assert (check.is_well, "hush" in check.detail) == (True, False)


@pytest.mark.parametrize(("engine", "is_well"), [("spark", False), ("sail", True), ("connect", True)])
def test_java_is_asked_for_by_the_engine_that_needs_it_alone(tmp_path, engine, is_well, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    check = of(on(tmp_path, engine=engine), "Java")
    assert check.is_well is is_well
    assert "17" in check.detail


def test_a_disk_that_is_full_is_told_of_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(health, "DISK_GB", 1_000_000_000)
    check = of(on(tmp_path), "disk")
    assert (check.is_well, "set FIELDSTONE_HOME" in check.detail) == (False, True)


def test_a_port_that_is_taken_is_told_of_and_nothing_to_worry_about(tmp_path, monkeypatch):
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setitem(health.PORTS, "Airflow", port)
        check = of(on(tmp_path), "ports")
    assert (check.is_well, f"{port} for Airflow" in check.detail) == (True, True)


def test_what_is_wrong_ends_the_command_with_an_error_for_people_and_for_programs(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(health, "DISK_GB", 1_000_000_000)
    monkeypatch.setenv("FIELDSTONE_HOME", str(tmp_path / "state"))
    for form in ([], ["--json"]):
        assert main(["doctor", *form]) == 1
        shown = capsys.readouterr()
        assert re.search(r"checks failed: .*disk", shown.err)
        assert ("NO" in shown.out) == (not form)
    result = json.loads(shown.out)
    is_well = {each["about"]: each["is_well"] for each in result["checks"]}
    assert (result["is_well"], is_well["disk"], is_well["Python"]) == (False, False, True)


def test_a_state_that_lost_something_is_told_of(tmp_path):
    (tmp_path / "state/lake").mkdir(parents=True)
    assert of(on(tmp_path), "state").detail == f"{tmp_path / 'state'} is whole"
    (tmp_path / "state/lake/.identity").write_text("0123456789abcdef")
    check = of(on(tmp_path), "state")
    assert (check.is_well, "state.json is lost" in check.detail) == (False, True)


def test_a_key_in_a_file_is_not_said_to_come_from_the_environment(tmp_path, monkeypatch):
    for name in ("MASTER", "PSEUDONYM", "TRAIL"):
        monkeypatch.delenv(f"FIELDSTONE_{name}_KEY", raising=False)
    keys(tmp_path, "master", "pseudonym", "trail")
    assert "master by file" in of(on(tmp_path), "keys").detail
    monkeypatch.setenv("FIELDSTONE_MASTER_KEY", "cd" * 32)
    assert "master by env" in of(on(tmp_path), "keys").detail
