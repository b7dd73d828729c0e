"""How a command ends that is interrupted, whose reader has gone, or that can't be read."""

import io
import json
import logging
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conf.schema.workspace import ROOT
from jobs.command import printing, running, standard_streams
from jobs.command.parser import NeedsState, parser


def opened_without_a_reader() -> io.TextIOWrapper:
    reads, writes = os.pipe()
    os.close(reads)
    return os.fdopen(writes, "w")


@pytest.fixture
def unread(monkeypatch) -> Iterator[None]:
    """Standard output is a pipe whose reader has gone."""
    with opened_without_a_reader() as output:
        monkeypatch.setattr("sys.stdout", standard_streams.outlasting(output))
        yield


def running_as(run: Callable[..., Any], tmp_path: Path, **more: Any) -> Namespace:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/settings.yaml").write_text(f"home: {tmp_path / 'home'}\n")
    stated = {"verb": "sources", "workspace": tmp_path, "as_of": None, "engine": None, "looks_back": False}
    stated |= {"as_json": False, "require": None} | more
    return Namespace(**stated, state=NeedsState.ANY, run=run)


def test_an_interrupted_verb_ends_in_a_line_that_tells_of_what_was_written(tmp_path, capsys):
    def run(context):
        raise KeyboardInterrupt

    assert running.run(running_as(run, tmp_path)) == 130
    assert capsys.readouterr() == ("", "fieldstone sources: interrupted. What was written is whole; run it again\n")


def test_a_verb_goes_on_where_nobody_reads_what_it_says(tmp_path, unread, capfd):
    done = []

    def run(context):
        for number in range(3):
            logging.getLogger("pipeline.somewhere").info("a note")
            printing.console().print("a table")
            print("a line\n" * io.DEFAULT_BUFFER_SIZE)  # more than a stream keeps to itself
            done.append(number)

    assert running.run(running_as(run, tmp_path)) == 0
    assert done == [0, 1, 2]
    assert capfd.readouterr().err == ""


def test_the_command_goes_on_where_nobody_reads_its_output(tmp_path):
    """By the command itself, unbuffered, so that its first line meets a pipe without a reader."""
    command = [Path(sys.executable).with_name("fieldstone"), "batches", "list"]
    environment = os.environ | {"FIELDSTONE_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
    with opened_without_a_reader() as unread:
        done = subprocess.run(command, env=environment, stdout=unread, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_result_that_nobody_reads_is_no_failure(tmp_path, unread, capfd):
    arguments = running_as(lambda context: {"rows": 1}, tmp_path, as_json=True)
    assert running.run(arguments) == 0
    assert capfd.readouterr().err == ""


def test_what_cannot_be_read_is_told_in_json_to_programs(capsys, monkeypatch):
    monkeypatch.setenv("FIELDSTONE_LOG", "json")
    with pytest.raises(SystemExit) as ended:
        parser("approve").parse_args(["approve"])
    line = json.loads(capsys.readouterr().err)
    assert ended.value.code == 2
    assert (line["verb"], line["error"], line["exit_code"]) == ("approve", "UsageError", 2)
    assert "the following arguments are required" in line["message"]
