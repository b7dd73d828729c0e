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
# of notebooks that were run: code with what it printed, in English alone, as the Chinese names of these pages say
RUN = DOCS / "notebooks"
PAGES = sorted(
    path.relative_to(DOCS)
    for path in DOCS.rglob("*.md")
    if not path.name.endswith(".zh.md") and not path.is_relative_to(RUN)
)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
NOT_PROSE = re.compile(r"`[^`]*`|<!--.*?-->|\]\([^)]*\)|^::: .*$", re.MULTILINE)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PAGE_BEFORE = re.compile(r"\[the page before\]\((\S+\.md)\)|\]\((\S+\.md)\) on the page before")
ARTICLE = re.compile(r"<article.*?</article>", re.DOTALL)
CODE = re.compile(r"<pre.*?</pre>", re.DOTALL)
MARKS = re.compile(r"^ *(?:- |\d+\. |\| ).*", re.MULTILINE)
FIRST_SENTENCES = re.compile(r"<article.*?<(?:p|li)>(.*?)</(?:p|li)>", re.DOTALL)


def test_the_page_before_is_the_one_that_the_site_has_before():
    """Pages that go on from another link to it as `the page before`; the order is that of mkdocs.yml."""
    order = re.findall(r"^ +- .*: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    going_on = {name: PAGE_BEFORE.search((DOCS / name).read_text(encoding="utf-8")) for name in order}
    before = {name: link[1] or link[2] for name, link in going_on.items() if link}
    assert len(before) > 1, "PAGE_BEFORE has to know how pages say which page is before them"
    wrong = {name: link for name, link in before.items() if Path(order[order.index(name) - 1]).name != link}
    assert not wrong, f"{wrong}: change the order in mkdocs.yml, or say which page it is"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site as `make site` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"`make site` has to build without a warning:\n{done.stdout}{done.stderr}"
    return folder


def test_it_has_every_page_in_both_languages(site):
    absent = [
        str(page) for page in PAGES for top in (site, site / "zh") if not (top / page).with_suffix(".html").exists()
    ]
    assert not absent, f"write these pages and name them in mkdocs.yml: {absent}"


def test_reading_it_loads_nothing_from_elsewhere(site):
    loading = {
        str(path.relative_to(site)): LOADED.findall(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")
    }
    loaded = {page: loads for page, loads in loading.items() if loads}
    assert not loaded, f"put what is loaded into docs/: {loaded}"


def test_no_list_and_no_table_is_run_into_the_text_before(site):
    """A list or table becomes part of a paragraph that is above it without an empty line between."""
    pages = {path.relative_to(site): path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    lines = {str(page): MARKS.findall(CODE.sub("", "".join(ARTICLE.findall(text)))) for page, text in pages.items()}
    text = {page: each for page, each in lines.items() if each}
    assert not text, f"put an empty line before these lists and tables: {text}"


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


def test_articles_of_the_chinese_site_are_in_chinese(site):
    texts = {page: (site / "zh" / page).with_suffix(".html").read_text(encoding="utf-8") for page in PAGES}
    english = [str(page) for page, text in texts.items() if not CHINESE.search(FIRST_SENTENCES.findall(text)[0])]
    assert not english, f"write these pages in Chinese, PAGE.zh.md: {english}"


def test_chinese_has_no_blank_where_a_line_is_broken(site):
    text = (site / "zh" / "modelling.html").read_text(encoding="utf-8")
    assert not re.findall(r"[\u4e00-\u9fff，。；、]\n *[\u4e00-\u9fff]", text), "docs/_site/hooks.py joins such lines"


def _translation(page: Path) -> Path:
    return page.with_suffix(".zh.md")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_has_a_translation_in_chinese(page):
    chinese = DOCS / _translation(page)
    assert chinese.exists(), f"write docs/{page} in Chinese too: docs/{_translation(page)}"
    prose = NOT_PROSE.sub("", FENCED.sub("", chinese.read_text(encoding="utf-8")))
    signs, words = len(CHINESE.findall(prose)), len(re.findall(r"[A-Za-z]+", prose))
    assert signs > words, f"docs/{_translation(page)} isn't in Chinese: {words} English words, {signs} Chinese signs"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_translation_shows_the_same_files_and_commands(page):
    each = (page, _translation(page))
    shown = [[b for b in blocks(str(one)) if b.title or b.language == "console"] for one in each]
    assert shown[1] == shown[0], f"docs/{_translation(page)} has to show what docs/{page} shows"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_translation_links_to_pages_in_chinese(page):
    links = re.findall(r"\]\(([^):#]+)\.md[#)]", (DOCS / _translation(page)).read_text(encoding="utf-8"))
    english = [link for link in links if not link.endswith(".zh") and Path(link).name != page.stem]
    english = [link for link in english if not (DOCS / page.parent / link).resolve().is_relative_to(RUN)]
    assert not english, f"link from docs/{_translation(page)} to these pages' .zh.md: {english}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_what_is_made_from_the_code_is_in_both_languages(page):
    made = [
        re.findall(r"<!-- made: \w+ -->", (DOCS / each).read_text(encoding="utf-8"))
        for each in (page, _translation(page))
    ]
    assert made[1] == made[0], f"docs/{_translation(page)} has to have what is made for docs/{page}"


def test_both_glossaries_have_the_same_terms():
    english, chinese = (
        re.findall(r"^\| (.+?) \| (.+?) \|", (DOCS / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("glossary.md", "glossary.zh.md")
    )
    pairs = [(term, other) for term, other in english if term != "Term"]
    assert pairs == [(term, other) for other, term in chinese if other != "术语"], (
        "list each term in both glossaries, in one order"
    )
