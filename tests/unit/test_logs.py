"""Logs: the texts that people know, or lines of JSON; never more than what is listed, and other libraries' stay."""

import json
import logging
from datetime import datetime

import pytest

from conf.schema.errors import FieldstoneError
from jobs.command import logs

LOG = logging.getLogger("pipeline.somewhere")


def as_json(monkeypatch, stated: str = "json", **options) -> None:
    monkeypatch.setenv("FIELDSTONE_LOG", stated)
    logs.set_up("ingest", **options)


@pytest.mark.parametrize("stated", ["", "text", " TEXT "])
def test_people_read_the_message_alone(capsys, monkeypatch, stated):
    as_json(monkeypatch, stated)
    LOG.info("ingest t: 1,204 rows, 100% of 计划", extra={"table": "t", "rows": 1204})
    LOG.warning("ingest t: files are left alone")
    LOG.debug("nobody sees this")
    assert capsys.readouterr() == ("ingest t: 1,204 rows, 100% of 计划\ningest t: files are left alone\n", "")


def test_an_error_goes_to_standard_error_after_the_command(capsys):
    logs.set_up("ingest")
    LOG.error("the partner is away")
    assert capsys.readouterr() == ("", "fieldstone ingest: the partner is away\n")


@pytest.mark.parametrize("stated", ["json", "JSON", " json "])
def test_programs_read_a_line_of_json(capsys, monkeypatch, stated):
    as_json(monkeypatch, stated)
    LOG.warning("ingest t: 5 rows\nand “more” of 村", extra={"table": "t", "rows": 5})
    (text,) = capsys.readouterr().out.splitlines()
    line = json.loads(text)
    assert datetime.fromisoformat(line.pop("time")).utcoffset().total_seconds() == 0
    assert line == {
        "level": "warning",
        "verb": "ingest",
        "logger": "pipeline.somewhere",
        "message": "ingest t: 5 rows\nand “more” of 村",
        "table": "t",
        "rows": 5,
    }


def test_what_isnt_listed_and_tracebacks_are_never_told(capsys, monkeypatch):
    as_json(monkeypatch)
    try:
        raise ValueError("110101199001011237")
    except ValueError:
        LOG.error("it failed", exc_info=True, extra={"raw": "110101199001011237", "error": "ValueError"})
    output = capsys.readouterr().err
    assert "110101" not in output
    assert json.loads(output)["error"] == "ValueError"


def test_nor_does_a_text_for_people_tell_a_traceback(capsys):
    logs.set_up("ingest")
    try:
        raise ValueError("110101199001011237")
    except ValueError:
        LOG.exception("it failed")
    assert capsys.readouterr().err == "fieldstone ingest: it failed\n"


@pytest.mark.parametrize("stated", ["text", "json"])
def test_standard_output_is_left_to_a_result(capsys, monkeypatch, stated):
    as_json(monkeypatch, stated, output_is_kept=True)
    LOG.info("progress")
    output = capsys.readouterr()
    assert output.out == ""
    assert "progress" in output.err


@pytest.mark.parametrize("stated", ["jsno", "1", "structured"])
def test_an_unknown_form_is_refused_and_what_follows_is_told_as_text(capsys, monkeypatch, stated):
    with pytest.raises(FieldstoneError, match=rf"FIELDSTONE_LOG is '{stated}'; give json .* or text"):
        as_json(monkeypatch, stated)
    LOG.info("text")
    assert capsys.readouterr().out == "text\n"


def test_other_libraries_are_no_louder_and_nothing_is_told_twice(capsys):
    root = logging.getLogger()
    before = root.level, [*root.handlers]
    logs.set_up("ingest")
    logs.set_up("ingest")
    assert (root.level, [*root.handlers]) == before
    logging.getLogger("mlflow.tracking").info("not ours")
    logging.getLogger("pyspark").info("not ours")
    LOG.info("once")
    assert capsys.readouterr() == ("once\n", "")


def test_what_another_configuration_turned_off_is_told_again(capsys):
    note = logging.getLogger("pipeline.turned_off")
    note.disabled = True  # as logging.config.dictConfig leaves it
    logs.set_up("x")
    note.info("told")
    assert capsys.readouterr().out == "told\n"
