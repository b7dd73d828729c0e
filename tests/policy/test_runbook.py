"""The runbook names only what there is, and every alert and reason, in both languages alike."""

import re
import shlex

import pytest

from conf.schema.errors import FAILED, INTERRUPTED, KINDS, REFUSED, UNREADABLE
from conf.schema.quarantine_reasons import ReasonCode
from conf.schema.workspace import ROOT
from expectations.alerts import Code
from jobs.command.parser import parser

PAGES = [ROOT / "docs/runbook.md", ROOT / "docs/runbook.zh.md"]


def commands(text: str) -> list[str]:
    """Every `fieldstone` command, inline or on a line of its own."""
    inline = re.findall(r"`(?:[A-Z_]+=\S+ )?(fieldstone [^`]*)`", text)
    lines = re.findall(r"^(?:[A-Z_]+=\S+ )?(fieldstone .*)$", text, re.MULTILINE)
    return [*inline, *lines]


@pytest.fixture(params=PAGES, ids=lambda path: path.name)
def text(request) -> str:
    return request.param.read_text(encoding="utf-8")


def test_every_command_can_be_typed_as_it_stands(text):
    shown = [command for command in commands(text) if command != "fieldstone --help"]
    assert len(shown) > 30, "the page shows hardly any command; write them as `fieldstone …`, by which they are checked"
    for command in shown:
        parser().parse_args(shlex.split(command)[1:])


def test_every_kind_of_error_is_explained_with_its_exit_code(text):
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d) \|", text, re.MULTILINE))
    there = {kind.__name__: str(kind.exit_code) for kind in KINDS}
    assert rows == there, "the runbook's table of errors has to be that of conf/schema/errors.py, in both languages"


def test_every_alert_and_no_other_is_explained(text):
    table = text[re.search(r"^## (Alerts of partners|合作方告警)$", text, re.MULTILINE).end() :]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    explained = {code for cell in rows for code in re.findall(r"`(\w+)`", cell)}
    assert explained == set(Code), "explain each alert of expectations.alerts.Code in the runbook's table, and no other"


def test_every_reason_and_no_other_is_explained(text):
    named = {word for word in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", text) if not word.startswith("FIELDSTONE_")}
    assert named == {str(reason) for reason in ReasonCode}, (
        "explain each reason of conf/schema/quarantine_reasons.py in the runbook, and no other"
    )


def test_every_exit_code_and_no_other_is_explained(text):
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == {
        0,
        FAILED,
        UNREADABLE,
        REFUSED,
        INTERRUPTED,
    }, "list each exit code of conf/schema/errors.py in the runbook's table, and no other"


def test_both_languages_name_the_same_commands():
    english, chinese = (commands(path.read_text(encoding="utf-8")) for path in PAGES)
    assert english == chinese, "show the same commands in docs/runbook.md and docs/runbook.zh.md, in one order"


def test_every_target_of_make_that_it_names_is_there(text):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)\b", text, re.MULTILINE)) <= targets, (
        "the page names a target that the Makefile hasn't; rename it there"
    )
