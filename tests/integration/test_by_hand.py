"""A step by hand does what the DAG does: the sandbox's clock belongs to its state."""

import shutil

import pytest

from conf.schema import workspace
from conf.schema.errors import FieldstoneError
from jobs import cli
from sandbox.stack import commands

SOURCES = ("consent", "bank", "farm", "housing")
OPTIONS = ("--households", "40", "--months", "24", "--defects", "0")


@pytest.fixture
def by_hand(tmp_path, monkeypatch):
    """An environment that says where the state is, and nothing of a clock."""
    monkeypatch.setenv("FIELDSTONE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("FIELDSTONE_LANDING", str(tmp_path / "county" / "landing"))
    monkeypatch.delenv("FIELDSTONE_AS_OF", raising=False)
    return tmp_path


def _succeeds(capsys, *arguments: str) -> str:
    code = cli.main(list(arguments))
    output = capsys.readouterr()
    assert code == 0, output.err
    return output.out


@pytest.mark.further
def test_after_the_dags_a_step_by_hand_finds_nothing_new_and_the_next_run_works(by_hand, monkeypatch, capsys):
    _succeeds(capsys, "generate", *OPTIONS)
    with monkeypatch.context() as of_dags:  # the environment that the embedded stack gives to its tasks
        for name, value in commands.environ(workspace.load()).items():
            of_dags.setenv(name, value)
        for source in SOURCES:
            _succeeds(capsys, "ingest", source)
            _succeeds(capsys, "refine", source)
        _succeeds(capsys, "build-features")
    assert "nothing new" in _succeeds(capsys, "build-features")
    for source in SOURCES:
        ingested, refined = _succeeds(capsys, "ingest", source), _succeeds(capsys, "refine", source)
        assert all("nothing new" in line for line in (ingested + refined).splitlines())
    with monkeypatch.context() as of_dags:
        for name, value in commands.environ(workspace.load()).items():
            of_dags.setenv(name, value)
        _succeeds(capsys, "ingest", "bank")
        assert "nothing new" in _succeeds(capsys, "build-features")


def test_the_clock_goes_where_the_state_goes_and_stays_with_the_county_without_it(by_hand, monkeypatch, capsys):
    _succeeds(capsys, "generate", *OPTIONS)
    date = workspace.load().settings.as_of
    assert date is not None
    (by_hand / "state").rename(by_hand / "moved")
    assert workspace.load().settings.as_of == date  # by the landing zone's
    monkeypatch.setenv("FIELDSTONE_HOME", str(by_hand / "moved"))
    shutil.rmtree(by_hand / "county")
    assert workspace.load().settings.as_of == date  # by the state's own
    monkeypatch.setenv("FIELDSTONE_AS_OF", "2030-01-01T00:00:00Z")
    assert workspace.load().settings.as_of.year == 2030


def test_without_a_file_the_clock_is_now(by_hand):
    assert workspace.load().settings.as_of is None


@pytest.mark.parametrize("content", ["", "{}", "7", "yesterday", '{"as_of": "2026-01-01T00:00:00Z"}'])
def test_a_clock_that_tells_no_moment_is_an_error_that_says_what_to_do(by_hand, content):
    (by_hand / "state").mkdir()
    (by_hand / "state" / "clock").write_text(content)
    with pytest.raises(
        FieldstoneError, match=r"clock doesn't contain a moment .* or set the clock by FIELDSTONE_AS_OF"
    ):
        workspace.load()


def test_an_explicit_clock_needs_no_file(by_hand, monkeypatch):
    (by_hand / "state").mkdir()
    (by_hand / "state" / "clock").write_text("")
    monkeypatch.setenv("FIELDSTONE_AS_OF", "2026-01-01T00:00:00Z")
    assert workspace.load().settings.as_of.year == 2026
