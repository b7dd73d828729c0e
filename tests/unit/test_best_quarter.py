"""The feature of docs/how-to/harvest.md, worked out by hand."""

import importlib.util

import pytest
from silver import computed

from features.engine.collect import collect
from features.engine.feature_set import FeatureSet
from tests.integration.followed import blocks


@pytest.fixture
def features(tmp_path) -> FeatureSet:
    path = tmp_path / "seasons.py"
    path.write_text(blocks("how-to/harvest.md")[-3].text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("features.seasons", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return collect([module])


def paid_in(day: str, cny: str) -> dict[str, str]:
    return {"booked_at": day, "direction": "in", "amount_cny": cny, "category": "crop_sale"}


@pytest.mark.parametrize(
    ("bookings", "share"),
    [
        # in October and December, which the quarters counted back from May part
        ([("2023-10-20", "600"), ("2023-12-20", "300"), ("2024-03-20", "100")], 0.9),
        ([(f"2023-{month:02}-20", "100") for month in range(5, 13)] + [("2023-05-01", "9999")], 3 / 8),
        ([], None),
    ],
)
def test_the_best_three_months_in_a_row_are_compared_with_the_year(spark, features, bookings, share):
    """The application is of 10 May 2024; what came over a year before doesn't count."""
    rows = [paid_in(*each) for each in bookings]
    [row] = computed(spark, {"bank__transaction": rows}, features=features)
    assert row["best_quarter_income_ratio_12m"] == (None if share is None else pytest.approx(share))
