"""The county of `make run`: its size and its newcomers are such that what joining is worth shows beyond chance.

For thin files alone it has too few late defaults for that, some 26; `make bench-truth` holds their interval to 0.
"""

import pytest

from sandbox.county import COUNTY
from tests.integration.truth_of_counties import learnt, record_of, true_applications

pytestmark = pytest.mark.nightly  # a county of this size takes minutes


@pytest.fixture(scope="module")
def county(spark, tmp_path_factory):
    return learnt(spark, tmp_path_factory.mktemp("default"), **COUNTY)


@pytest.fixture(scope="module")
def record(county) -> dict:
    return record_of(county, "admission")


def gain(record: dict, group: str) -> dict:
    """AUC out of time of all sources, and what they gain over the bank's own."""
    own, *_, every = record["joining"][group]["sets"]
    assert list(own["sources"]) == ["bank"]
    assert set(every["sources"]) == {"bank", "farm", "housing"}
    return every["auc"]


def test_joining_is_worth_something_beyond_chance(record):
    assert gain(record, "all")["low"] > 0


def test_it_is_worth_more_where_the_bank_knows_little(record):
    assert gain(record, "thin")["gain"] > gain(record, "all")["gain"]


def test_every_gate_of_both_models_is_passed(county):
    for model in ("admission", "limit"):
        assert record_of(county, model)["passed"], model


def test_a_third_to_a_half_of_applicants_are_thin_files(county):
    """Of households that applied, those who had been with the bank for less than a year when they first did."""
    is_thin = true_applications(county).groupby("household_no")["is_thin_file"].any()
    assert 1 / 3 < is_thin.mean() < 1 / 2
