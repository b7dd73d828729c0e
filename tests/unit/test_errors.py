"""Errors by what the caller can do: each is a kind, keeps it under another text, and crosses processes as it is."""

import argparse
import json
import pickle

import pytest
from pyspark.errors import PySparkException

from conf.schema import errors
from conf.schema.errors import FAILED, KINDS, REFUSED, Busy, FieldstoneError, PartnerError, Refused
from jobs.command.parser import NeedsState
from jobs.command.running import run
from lake.engine import reraise_worker_errors

BY_NAME = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def test_all_kinds_are_listed_and_one_alone_is_never_to_be_repeated():
    there = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, FieldstoneError)}
    assert {*KINDS} == there - {FieldstoneError}
    assert {kind for kind in KINDS if kind.exit_code != FAILED} == {Refused}
    assert Refused.exit_code == REFUSED
    assert {kind for kind in KINDS if kind.is_transient} == {Busy}


@BY_NAME
def test_a_kind_says_what_to_do(kind):
    about = kind.__doc__.splitlines()[0]
    assert ": " in about, f"say in the docstring of {kind.__name__} what it is, then after a colon what to do"


@BY_NAME
def test_another_text_leaves_the_kind(kind):
    error = kind("a").saying("b")
    assert (type(error), str(error), error.is_transient) == (kind, "b", kind("a").is_transient)


@pytest.mark.parametrize("transient", [True, False])
def test_whether_a_partners_failure_may_pass_is_kept(transient):
    error = PartnerError("a", transient=transient)
    copied = pickle.loads(pickle.dumps(error))
    assert (str(copied), copied.is_transient, error.saying("b").is_transient) == ("a", transient, transient)


@BY_NAME
def test_a_worker_s_error_comes_back_as_its_kind(kind):
    text = f"job aborted\n{kind.__module__}.{kind.__name__}: it is torn; ask for it again\n  at line 3"
    with pytest.raises(kind, match=r"^it is torn; ask for it again$") as raised, reraise_worker_errors():
        raise PySparkException(text)
    assert type(raised.value) is kind


@pytest.mark.parametrize("text", ["conf.schema.errors.Unknown: x", "elsewhere.Refused: x", "Refused: x"])
def test_what_is_no_error_of_ours_stays_the_engines(text):
    with pytest.raises(PySparkException), reraise_worker_errors():
        raise PySparkException(text)


@pytest.mark.parametrize("error", [*(kind("text") for kind in KINDS), OSError(28, "row"), FieldstoneError("2 things")])
def test_the_command_ends_with_the_exit_code_of_the_kind_and_names_it(error, tmp_path, capsys, monkeypatch):
    def fail(context):
        raise error

    monkeypatch.setenv("FIELDSTONE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("FIELDSTONE_LOG", "json")
    arguments = argparse.Namespace(
        verb="x", workspace=None, engine=None, as_of=None, looks_back=False, state=NeedsState.ANY
    )
    arguments.as_json, arguments.run = False, fail
    code = run(arguments)
    line = json.loads(capsys.readouterr().err)
    assert code == line["exit_code"] == (REFUSED if isinstance(error, Refused) else FAILED)
    assert (line["error"], line["level"], line["verb"]) == (type(error).__name__, "error", "x")
    assert line["is_transient"] == isinstance(error, Busy)
    assert "row" not in line["message"]
