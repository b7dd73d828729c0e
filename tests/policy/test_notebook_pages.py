"""Notebooks are kept as pages of the docs, with what they printed and drew; a page shows the notebook as it is."""

import re

import jupytext
import pytest

from conf.schema.workspace import ROOT

NOTEBOOKS, PAGES = sorted((ROOT / "notebooks").glob("*.py")), ROOT / "docs/notebooks"
PICTURE = re.compile(r"!\[[^]]*\]\(([^)]+)\)")
REMEDY = "run `make notebook-pages`, which runs it on what `make run` has made, and commit docs/notebooks"


def outdated(notebook: str, page: str) -> list[str]:
    """The cells of a notebook that a page doesn't show, in their order and as they are."""
    missing, at = [], 0
    for cell in jupytext.reads(notebook, "py:percent").cells:
        shown = f"```python\n{cell.source}\n```" if cell.cell_type == "code" else cell.source
        if (place := page.find(shown, at)) < 0:
            missing.append(cell.source)
        at = max(at, place + len(shown) if place >= 0 else at)
    return missing


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_page_of_a_notebook_shows_it_as_it_is(path):
    page = PAGES / f"{path.stem}.md"
    assert page.exists(), f"docs/notebooks/{page.name} isn't there: {REMEDY}"
    text = page.read_text(encoding="utf-8")
    differing = outdated(path.read_text(encoding="utf-8"), text)
    assert not differing, f"{page.name} lacks these cells of notebooks/{path.name}: {REMEDY}\n{differing}"
    cells = jupytext.read(path).cells
    assert text.count("```python") == sum(cell.cell_type == "code" for cell in cells), (
        f"{page.name} shows code that notebooks/{path.name} doesn't have: {REMEDY}"
    )
    absent = [picture for picture in PICTURE.findall(text) if not (PAGES / picture).exists()]
    assert not absent, f"pictures of {page.name} are gone, {absent}: {REMEDY}"


def test_no_page_and_no_picture_is_left_of_a_notebook_that_is_gone():
    shown = {picture for page in PAGES.glob("*.md") for picture in PICTURE.findall(page.read_text(encoding="utf-8"))}
    known = {f"{path.stem}.md" for path in NOTEBOOKS} | shown
    left = {path.name for path in PAGES.iterdir()} - known
    assert not left, f"remove from docs/notebooks what no notebook has made: {sorted(left)}"


@pytest.mark.parametrize("changed", ["# %%\nprint(2)\n", "# %% [markdown]\n# Another text\n", "# %%\nb\n# %%\na\n"])
def test_a_page_that_is_outdated_is_noticed(changed):
    page = "```python\nprint(1)\n```\n\nA text\n\n```python\na\n```\n\n```python\nb\n```\n"
    assert outdated(changed, page), "teach outdated() to notice this"
