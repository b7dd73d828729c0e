"""What the READMEs name is there, and both languages say the same."""

import re

import pytest

from conf.schema.workspace import ROOT

READMES = ("README.md", "README.zh.md")
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
TYPED = re.compile(r"^(make [^#\n]+?)\s*(?:#.*)?$", re.MULTILINE)


@pytest.fixture(params=READMES)
def text(request) -> str:
    return (ROOT / request.param).read_text(encoding="utf-8")


def test_every_link_leads_to_a_file(text):
    links = [link for link in LINK.findall(text) if "://" not in link]
    absent = [link for link in links if not (ROOT / link).exists()]
    assert links, "the README leads nowhere; link to the docs"
    assert not absent, f"links to files that aren't there, mend or remove them: {absent}"


def test_every_target_that_is_typed_is_there(text):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", text))
    assert named <= targets, f"the Makefile has no {sorted(named - targets)}; name what there is"


def test_both_languages_say_the_same():
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in READMES)
    assert TYPED.findall(english) == TYPED.findall(chinese), "both READMEs have to show the same commands"
    pictures = [re.findall(r"!\[[^]]*\]\(([^)]+)\)", text) for text in (english, chinese)]
    assert pictures[0] == pictures[1], "both READMEs have to show the same pictures"
