"""Whoever is asked about a version sees whom it would decide otherwise than the one in force."""

from dataclasses import replace

import pytest

from pipeline.registry import tracking
from pipeline.releases import champions, swap_set


@pytest.fixture
def predictors(county):
    """The one in force, and one that finds everybody a thousand times riskier."""
    champion = champions.load(county, tracking.connect(county.workspace.settings), "admission").predictor
    riskier = replace(champion.calibration, intercept=champion.calibration.intercept + 7)
    return champion, replace(champion, calibration=riskier)


def table(lines) -> dict[str, list[str]]:
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows}


def test_the_same_model_swaps_nobody(county, predictors):
    champion, _ = predictors
    rows = table(swap_set.lines(county, "admission", champion, champion))
    assert rows["swapped in"][:2] == rows["swapped out"][:2] == ["0", "0 of 0"]
    assert int(rows["both admit"][0]) > 0


def test_a_stricter_one_only_declines_more(county, predictors):
    champion, riskier = predictors
    same = table(swap_set.lines(county, "admission", champion, champion))
    rows = table(swap_set.lines(county, "admission", champion, riskier))
    assert rows["swapped out"] == same["both admit"]
    assert rows["both admit"][0] == rows["swapped in"][0] == "0"
    back = table(swap_set.lines(county, "admission", riskier, champion))
    assert back["swapped in"] == rows["swapped out"]


def test_the_end_of_all_that_are_looked_at_is_known(county, predictors):
    rows = table(swap_set.lines(county, "admission", *predictors))
    counts = [(int(row[0]), int(row[1].split()[-1])) for name, row in rows.items() if name and row[0].isdigit()]
    assert sum(applications for applications, _ in counts) > 20
    assert all(known == applications for applications, known in counts)


def test_a_model_without_a_pd_has_none(county):
    limit = champions.load(county, tracking.connect(county.workspace.settings), "limit").predictor
    assert list(swap_set.lines(county, "limit", limit, limit)) == []


def test_features_that_are_built_no_more_are_named(county, predictors):
    champion, _ = predictors
    other = replace(champion, features=(*champion.features, "rainfall_mm"))
    (line,) = swap_set.lines(county, "admission", champion, other)
    assert "No swap set: rainfall_mm" in line
