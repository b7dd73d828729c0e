"""docs/county.md sets the county's effects beside published ones: each size as the process has it, each verdict too."""

import re
from dataclasses import fields, replace
from math import exp
from pathlib import Path

import numpy as np
import pytest

from sandbox.county import risk
from sandbox.county.credit import ARREARS_UNIT, INDETERMINATE
from sandbox.county.households import Households

ROOT = Path(__file__).parents[2]
ROW = re.compile(
    r"^\| ([^|]+) \|[^|]+\| (–|[\d.]+ → [\d.]+) ?%? \| ([\d.]+ → [\d.]+) ?% \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE
)
PD, MONTHS = 0.05, 24
# both households of each row of the page: what the first is like, and what the second is like instead
USUAL = {"requested": 10_000, "outstanding": 10_000}
CHANGES: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "leverage": (USUAL, {"requested": 20_000, "outstanding": 20_000}),
    "poverty": ({"size": 2}, {"size": 4}),
    "wage_gaps": ({"idle": 0}, {"idle": 0.5}),
    "crop_loss": ({"lost": 0.08}, {"lost": 0.25}),
    "animal_loss": ({"died": 0.05}, {"died": 0.15}),
    "thin_savings": ({"saved": 3.5}, {"saved": 0.5}),
    "arrears": ({"arrears": 0}, {"arrears": INDETERMINATE / ARREARS_UNIT}),
    "debts": ({"outstanding": 0}, {"outstanding": 10_000}),
    "rented": ({"rented_in_mu": 0}, {"rented_in_mu": 10}),
    "dependants": ({"dependants": 0.25}, {"dependants": 0.5}),
    "poor_house": ({"house": 0}, {"house": -1}),
    "unsteady": ({"stability": 0}, {"stability": -1}),
    "unskilled": ({"ability": 0}, {"ability": -1}),
    "income_falls": ({"ahead": 1}, {"ahead": 0.5}),
}
VERDICTS = {
    "docs/county.md": ("below", "inside", "above", "none", "newcomers "),
    "docs/county.zh.md": ("低于", "之内", "高于", "无", "新客户"),
}


def drivers(like: dict[str, float]) -> dict[str, float]:
    """Drivers of a household at the middle of its months, by what it is like."""

    def monthly(value: float, later: float | None = None) -> np.ndarray:
        half = MONTHS // 2
        each = [value] * half + [value if later is None else later] * half
        return np.cumsum([[0.0, *each]], axis=1)

    history = risk.History(
        income=monthly(2_000, 2_000 * like.get("ahead", 1)),
        idle=monthly(like.get("idle", 0)),
        sown=monthly(1),
        lost=monthly(like.get("lost", 0)),
        settled_sown=monthly(1),
        settled_lost=monthly(like.get("lost", 0)),
        stocked=monthly(100),
        died=monthly(100 * like.get("died", 0)),
        living=np.array([1_000.0]),
        liquid=np.full((1, MONTHS), 1_000 * like.get("saved", 2)),
    )
    homes = Households(**{field.name: np.ones(1) for field in fields(Households)})
    homes = replace(homes, **{name: np.array([like[name]]) for name in like.keys() & vars(homes).keys()})
    amounts = (np.array([like.get(name, 0.0)]) for name in ("requested", "outstanding", "arrears"))
    requested, outstanding, arrears = amounts
    requested = np.maximum(requested, 1_000)
    of_one = risk.drivers(history, homes, np.array([0]), np.array([MONTHS // 2]), requested, outstanding, arrears)
    return {name: float(value[0]) for name, value in of_one.items()}


def odds_ratio(names: list[str], weights: dict[str, float]) -> float:
    """What the change of a row does to the odds, by its drivers alone."""
    first, second = (drivers(like) for like in CHANGES[names[0]])
    return exp(sum(weights.get(name, 0) * (second[name] - first[name]) for name in names))


def shown(ratio: float) -> str:
    """An odds ratio, and what it makes of the PD, as the page has them."""
    odds = ratio * PD / (1 - PD)
    return f"{ratio:.2f} → {100 * odds / (1 + odds):.1f}"


@pytest.fixture(params=VERDICTS)
def page(request) -> str:
    return request.param


def rows(page: str) -> list[tuple[list[str], str, str, str, str]]:
    table = ROW.findall((ROOT / page).read_text(encoding="utf-8"))
    return [(re.findall(r"`(\w+)`", names), *rest) for names, *rest in table]


def sizes(names: list[str]) -> tuple[float | None, float]:
    """Odds ratios of a row, for others and for newcomers; without a driver, that of being a newcomer."""
    if not names:
        return None, exp(risk.NEWCOMER_INTERCEPT - risk.INTERCEPT)
    others, newcomers = (odds_ratio(names, each | risk.SEEN_LATER) for each in (risk.WEIGHTS, risk.NEWCOMER_WEIGHTS))
    return others, newcomers


def test_each_driver_has_a_row(page):
    named = [name for names, *_ in rows(page) for name in names]
    assert sorted(named) == sorted(risk.NEWCOMER_WEIGHTS | risk.SEEN_LATER), (
        f"give the table of sizes in {page} one row for each driver of sandbox/county/risk.py"
    )
    assert sum(not names for names, *_ in rows(page)) == 1, f"give {page} one row for newcomers as such"


def test_sizes_on_the_page_are_those_of_the_process(page):
    for names, others, newcomers, _, _ in rows(page):
        ratios = sizes(names)
        expected = tuple("–" if ratio is None else shown(ratio) for ratio in ratios)
        assert (others, newcomers) == expected, f"the row of {names} in {page} should have {expected}"


def test_the_page_says_which_sizes_lie_outside_what_was_published(page):
    below, inside, above, none, newcomers = VERDICTS[page]

    def verdict(ratio: float, low: float, high: float) -> str:
        return below if ratio < low else above if ratio > high else inside

    for names, _, _, published, lies in rows(page):
        if published == none:
            continue
        low, *rest = map(float, re.findall(r"[\d.]+", re.split("[(（]", published)[0]))
        ratios = sizes(names)
        parts = [
            prefix + verdict(ratio, low, rest[0] if rest else low)
            for prefix, ratio in zip(("", newcomers), ratios, strict=True)
            if ratio is not None
        ]
        assert [part.strip() for part in re.split("[;；]", lies)] == parts, f"{names} in {page} should say {parts}"
