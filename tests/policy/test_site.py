"""The docs as a site: it builds without a warning, in two languages, and loads nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conf.schema.workspace import ROOT
from tests.integration.followed import blocks

DOCS = ROOT / "docs"
LOADED = re.compile(r'<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)="(?:https?:)?//[^"]*"')
TRANSLATED = sorted(path.relative_to(DOCS) for path in DOCS.rglob("*.zh.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site as `make site` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"`make site` has to build without a warning:\n{done.stdout}{done.stderr}"
    return folder


@pytest.mark.nightly
def test_it_has_every_page_in_both_languages(site):
    pages = [path.relative_to(DOCS) for path in DOCS.rglob("*.md") if not path.name.endswith(".zh.md")]
    absent = [
        str(page) for page in pages for top in (site, site / "zh") if not (top / page).with_suffix(".html").exists()
    ]
    assert not absent, f"write these pages and name them in mkdocs.yml: {absent}"


@pytest.mark.nightly
def test_reading_it_loads_nothing_from_elsewhere(site):
    loading = {
        str(path.relative_to(site)): LOADED.findall(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")
    }
    found = {page: loads for page, loads in loading.items() if loads}
    assert not found, f"put what is loaded into docs/: {found}"


@pytest.mark.nightly
def test_what_is_made_from_the_code_is_in_it(site):
    commands, rooms = (
        (site / name).read_text(encoding="utf-8") for name in ("reference/commands.html", "architecture.html")
    )
    assert "fieldstone quarantine release" in commands, "docs/_site/commands.py has lost a verb"
    assert "<title>lake → conf: " in rooms, "docs/_site/drawing.py has drawn no arrow"
    assert "<!-- made" not in rooms, "docs/_site/hooks.py has left a drawing out"
    assert (site / "reference/python.html").read_text(encoding="utf-8").count("doc-heading") > 50, (
        "docs/reference/python.md shows no docstrings"
    )


@pytest.mark.parametrize("page", TRANSLATED, ids=str)
def test_a_translation_shows_the_same_files_and_commands(page):
    english = page.with_name(page.name.replace(".zh.md", ".md"))
    shown = [[b for b in blocks(str(each)) if b.title or b.language == "console"] for each in (english, page)]
    assert shown[0] == shown[1], f"docs/{page} has to show what docs/{english} shows"


def test_both_glossaries_have_the_same_terms():
    english, chinese = (
        re.findall(r"^\| (.+?) \| (.+?) \|", (DOCS / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("glossary.md", "glossary.zh.md")
    )
    pairs = [(term, other) for term, other in english if term != "Term"]
    assert pairs == [(term, other) for other, term in chinese if other != "术语"], (
        "list each term in both glossaries, in one order"
    )
