"""Tables of our pages are no wider than a phone: they scroll in their own frame, or break anywhere; paper has all."""

import re

import pytest

from conf.schema.workspace import ROOT

NARROW = r"@media(?:screenand)?\(max-width:"
FILES = [
    path
    for pattern in (
        "expectations/templates/*.j2",
        "features/engine/templates/*.j2",
        "pipeline/**/templates/*.j2",
        "models/templates/*.css",
    )
    for path in sorted(ROOT.glob(pattern))
    if ("<style>" in (text := path.read_text(encoding="utf-8")) and "<table" in text) or path.suffix == ".css"
]


def test_there_are_such_pages():
    assert {path.stem.split(".")[0] for path in FILES} >= {
        "dictionary",
        "partner",
        "catalogue",
        "versions",
        "certificate",
        "report",
        "start",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_table_scrolls_in_its_frame(path):
    text = re.sub(r"\s", "", path.read_text(encoding="utf-8"))
    assert re.search(NARROW + r"[^)]*\)\{(?:[^{}]*\{[^}]*\})*?table\{display:block;overflow-x:auto;?\}", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_printed_table_is_whole(path):
    text = re.sub(r"\s", "", path.read_text(encoding="utf-8"))
    narrow, printed = re.search(NARROW, text), text.rindex("@mediaprint{")
    assert printed > narrow.start(), "a sheet is as narrow as a phone, so what is for print has to come last"
    if "<details" in text or path.suffix == ".css":
        assert "details::details-content{content-visibility:visible;" in text[printed:], "what is folded isn't printed"
    is_undone = "table{display:table;}" in text[printed:].replace("table{display:table}", "table{display:table;}")
    assert is_undone or "screen" in narrow[0], "paper has no frame that scrolls: undo that, or keep it to screens"
