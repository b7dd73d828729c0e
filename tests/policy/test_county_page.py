"""docs/county.md says what the county draws defaults from, by name and size, and which studies point the same way."""

import re
from pathlib import Path

import pytest

from sandbox.county.risk import (
    HIDDEN_SD,
    INTERCEPT,
    NEWCOMER_INTERCEPT,
    NEWCOMER_WEIGHTS,
    SEEN_LATER,
    WEIGHTS,
)

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(\w+)` \|[^|]+\| ([\d.]+) \| ([\d.]+) \|([^|]+)\|$", re.MULTILINE)
STUDY = re.compile(r"^(\d+)\. ", re.MULTILINE)


@pytest.fixture(params=["docs/county.md", "docs/county.zh.md"])
def page(request) -> str:
    return (ROOT / request.param).read_text()


def test_each_weight_stands_on_the_page_as_it_is(page):
    weights = {name: (float(size), float(newcomers)) for name, size, newcomers, _ in ROW.findall(page)}
    drawn = {name: (WEIGHTS.get(name, 0.0), size) for name, size in NEWCOMER_WEIGHTS.items()}
    assert weights == drawn, (
        "give the table of the page a row for each driver of sandbox/county/risk.py, with its weights"
    )


def test_what_is_no_weight_stands_there_too(page):
    figures = (INTERCEPT, NEWCOMER_INTERCEPT, HIDDEN_SD, *SEEN_LATER.values())
    absent = [size for size in figures if f"{size}".replace("-", "−") not in page]
    assert not absent, f"say these of sandbox/county/risk.py on the page: {absent}"


def test_each_driver_names_studies_that_are_listed_or_says_that_it_is_assumed(page):
    listed = set(STUDY.findall(page))
    for name, _, _, basis in ROW.findall(page):
        cited = set(re.findall(r"\d+", basis))
        assert cited <= listed, f"list the studies of {name}: {cited - listed}"
        assert cited or re.search("assumed|as above|设定值|同上", basis), (
            f"say that {name} is assumed, or by which study"
        )
