"""Columns that come undeclared or stay away are told when they do: once, few by name, in a line at ingest."""

import logging

import pytest

from lake.batch import INGEST, Batch
from pipeline import batch_notes
from tests.conftest import AS_OF


def batch(ignored: tuple[str, ...] = (), missing: tuple[str, ...] = ()) -> Batch:
    return Batch("b2", "farm__planting", INGEST, AS_OF, parts=(), ignored_columns=ignored, missing_columns=missing)


def warnings(caplog: pytest.LogCaptureFixture, now: Batch, before: Batch | None) -> list[str]:
    caplog.set_level(logging.INFO)
    batch_notes.tell_columns(now, before)
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize("before", [None, batch()])
def test_a_column_that_nobody_declares_and_one_that_is_lost_are_told_in_one_line(caplog, before):
    (line,) = warnings(caplog, batch(("colour",), ("is_insured",)), before)
    assert line.startswith("ingest farm__planting: watch: columns changed: +colour, -is_insured (")


@pytest.mark.parametrize("now", [batch(("colour",), ("is_insured",)), batch()])
def test_what_was_so_before_or_is_mended_is_not_told_again(caplog, now):
    assert warnings(caplog, now, batch(("colour",), ("is_insured",))) == []


def test_ten_of_many_columns_are_named(caplog):
    (line,) = warnings(caplog, batch(tuple(f"c{n:02}" for n in range(12))), None)
    assert "+c00, +c01, +c02, +c03, +c04, +c05, +c06, +c07, +c08, +c09 and 2 more (" in line


def test_names_that_are_not_shown_are_said_to_be_masked(caplog):
    (masked,) = warnings(caplog, batch(("?",)), None)
    assert "+? (+ is undeclared and ignored, - is optional and left empty, ? are names that may be values" in masked


def test_names_that_are_shown_need_no_word_on_masking(caplog):
    (shown,) = warnings(caplog, batch(("colour",)), None)
    assert "may be values" not in shown
