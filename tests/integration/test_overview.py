"""`fieldstone sources` tells of every source, when something last came and whether it is out; and makes no state."""

import json
from dataclasses import replace

import pytest

from conf.schema.workspace import load
from jobs import models, sources
from jobs.cli import main
from pipeline.context import Context
from pipeline.overview.sources import SourceState, states
from pipeline.sources import outages, suspension
from tests.conftest import AS_OF
from tests.integration.holding import TRANSFER

TWO = ["a risk officer", "a data officer"]


def of(context: Context, name: str) -> SourceState:
    (found,) = [each for each in states(context) if each.name == name]
    return found


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
    found = {each.name: each for each in states(nowhere)}
    assert found.keys() == nowhere.workspace.sources.keys()
    assert TRANSFER in found["farm"].tables
    assert found["farm"].where == str(nowhere.workspace.settings.landing / "farm")
    assert [each.name for each in found.values() if each.gates] == ["consent"]
    assert {(each.last_received, each.out) for each in found.values()} == {(None, None)}
    sources.run(nowhere, as_json=False)
    assert capsys.readouterr().out.count("never") == len(found)


def test_when_something_last_came_and_why_nothing_comes_is_told(held, capsys):
    assert of(held, "farm").last_received == outages.last_received(held, held.workspace.source("farm"))
    assert of(held, "farm").last_received is not None
    assert of(held, "farm").out is None
    suspension.suspend(held, "farm", TWO, "their numbers can't be right")
    assert of(held, "farm").out == "suspended"
    outages.note(held, "consent", is_whole=False)
    assert of(held, "consent").out == "failed"
    capsys.readouterr()
    told = {each.name: each.out for each in sources.run(held, as_json=True)}
    assert (told["farm"], told["consent"]) == ("suspended", "failed")


def test_of_models_that_were_never_trained_it_is_told_how_to(nowhere, capsys):
    models.run(nowhere, as_json=False)
    told = capsys.readouterr().out
    assert all(f"fieldstone train {name}" in told for name in nowhere.workspace.models)
