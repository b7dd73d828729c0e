"""`fieldstone sources` tells of every source, when something last came and whether it is out; and makes no state."""

import json
from dataclasses import replace

import pytest

from conf.schema.workspace import load
from jobs import models, sources
from jobs.cli import main
from pipeline.context import Context
from pipeline.overview.sources import states
from pipeline.results.everybody import SourceState
from pipeline.sources import outages, suspension
from tests.conftest import AS_OF
from tests.integration.holding import TRANSFER

TWO = ["a risk officer", "a data officer"]


def of(context: Context, name: str) -> SourceState:
    (state,) = [each for each in states(context) if each.name == name]
    return state


@pytest.fixture
def nowhere(tmp_path) -> Context:
    """A workspace without a state."""
    workspace = load()
    stated = {"home": tmp_path / "state", "landing": tmp_path / "landing", "keys": tmp_path / "keys"}
    return Context(replace(workspace, settings=workspace.settings.model_copy(update=stated)), AS_OF)


@pytest.mark.parametrize("verb", ["sources", "models", "doctor"])
def test_where_there_is_no_state_none_is_made(verb, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FIELDSTONE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("FIELDSTONE_LANDING", str(tmp_path / "landing"))
    code = main([verb, "--json"])
    json.loads(capsys.readouterr().out)
    assert code == 0 or verb == "doctor"  # this machine may be smaller than the sandbox needs
    assert not list(tmp_path.iterdir())


def test_every_source_is_told_of_with_its_tables_and_where_it_comes_from(nowhere, capsys):
    by_name = {each.name: each for each in states(nowhere)}
    assert by_name.keys() == nowhere.workspace.sources.keys()
    assert TRANSFER in by_name["farm"].tables
    assert by_name["farm"].where == str(nowhere.workspace.settings.landing / "farm")
    assert [each.name for each in by_name.values() if each.gates] == ["consent"]
    assert {(each.last_received, each.out) for each in by_name.values()} == {(None, None)}
    sources.run(nowhere, as_json=False)
    assert capsys.readouterr().out.count("never") == len(by_name)


def test_when_something_last_came_and_why_nothing_comes_is_told(populated, capsys):
    assert of(populated, "farm").last_received == outages.last_received(populated, populated.workspace.source("farm"))
    assert of(populated, "farm").last_received is not None
    assert of(populated, "farm").out is None
    suspension.suspend(populated, "farm", TWO, "their numbers can't be right")
    assert of(populated, "farm").out == "suspended"
    outages.note(populated, "consent", is_whole=False)
    assert of(populated, "consent").out == "failed"
    capsys.readouterr()
    out = {each.name: each.out for each in sources.run(populated, as_json=True)}
    assert (out["farm"], out["consent"]) == ("suspended", "failed")


def test_of_models_that_were_never_trained_it_is_told_how_to(nowhere, capsys):
    models.run(nowhere, as_json=False)
    output = capsys.readouterr().out
    assert all(f"fieldstone train {name}" in output for name in nowhere.workspace.models)
