"""What docs/security.md promises is shown by tests that are there, and its Chinese promises the same."""

import re

import pytest

from conf.schema.workspace import ROOT

ENGLISH, CHINESE = PAGES = ("docs/security.md", "docs/security.zh.md")


def _named(page: str) -> list[str]:
    return re.findall(r"`(test_\w+)`", (ROOT / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_the_page_names_is_there(page):
    named = set(_named(page))
    there = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    assert named, f"{page} names no test any more; name one beside each promise"
    assert named <= there, f"{page} names tests that aren't there; rename them there too: {sorted(named - there)}"


def test_both_pages_name_the_same_tests_in_the_same_places():
    assert _shape(CHINESE) == _shape(ENGLISH), (
        f"tell in {CHINESE} each fault of {ENGLISH}, with its tests, in its order"
    )


def _shape(page: str) -> list[list[str]]:
    """The tests of each point, from the top of a page to its end."""
    points = re.split(r"^(?:- |#)", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [re.findall(r"`(test_\w+)`", point) for point in points]
