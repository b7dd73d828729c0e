"""Withholding optional data brings nobody an admission, and nobody a decline for it alone."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from portfolio import ADMISSION, CATALOGUE, LIMIT, MONOTONE, NAMES, POLICY, admitted, frame, limited

from conf.schema.model import Split
from conf.schema.workspace import load
from models import admission, limit, missing_values, report, withholding
from models.policy import Decision, ReviewTrigger
from pipeline.registry import optional_sources

# free features and one whose direction is declared, as of houses
HOUSE = (NAMES[2], NAMES[5], NAMES[8], NAMES[3])
SCOPES = {"housing.rural_house": HOUSE}
QUICK = {"gates": (), "rounds": 20, "split": Split(folds=2)}


@cache
def lured() -> pd.DataFrame:
    """Rows of which those without a house are the better risks, so that trees reward withholding it."""
    rows = frame()
    safe = rows["is_default_12m"].eq(0) & (np.arange(len(rows)) % 2 == 0)
    return rows.assign(**{name: rows[name].mask(safe) for name in HOUSE})


@pytest.mark.parametrize(("module", "spec"), [(admission, ADMISSION), (limit, LIMIT)])
def test_trees_may_reward_withholding_but_applicants_gain_nothing(module, spec):
    quick = spec.model_copy(update=QUICK)
    result = module.fit(lured(), quick, MONOTONE, POLICY, None, SCOPES)
    record, lineage = result.record, {"data_versions": "t@0"}
    page = report.page(result, lured(), quick, CATALOGUE, lineage, POLICY, currency="CNY")
    assert 'id="withholding"' in page
    assert "housing.rural_house" in page
    (table,) = record.withholding.values()
    assert table["rows"] > 700
    assert table["gain"] <= min(0.05, table["gain_learnt"])
    assert record.metrics["withholding_gain_share"] == table["gain"]
    assert set(record.missing) == set(NAMES)
    assert record.missing[HOUSE[0]]["known"] < 0.7 < record.missing[NAMES[0]]["known"]
    if module is admission:
        assert table["gain_learnt"] > 0.3


def test_without_anything_optional_nobody_gains():
    assert admitted().record.withholding == {}
    assert admitted().record.metrics["withholding_gain_share"] == 0
    assert withholding.gains(frame(), admitted().predictor, {"land": ("no_feature",)}, len, 0.0) == {}


@pytest.mark.parametrize("fitted", [admitted, limited])
def test_the_costliest_is_assumed_of_those_who_withheld_and_only_of_what_is_missing(fitted):
    predictor, rows = fitted().predictor, frame().head(100)
    who = pd.Series(np.arange(100) % 2 == 0, index=rows.index)
    read = withholding.assumed(rows, predictor, SCOPES, {"housing.rural_house": who})
    assert read.loc[who, list(HOUSE)].notna().all(axis=None)
    pd.testing.assert_frame_equal(read[~who], rows.loc[~who, list(NAMES)])
    known = rows[list(NAMES)].notna()
    assert (read[known] == rows[list(NAMES)][known])[known].where(known, True).all(axis=None)


def judged(decision: str, pd_: float, limit_amount: float) -> dict:
    refer = ["PD_BETWEEN_BANDS"] if decision == Decision.REFER else []
    decline = ["PD_ABOVE_CUT_OFF"] if decision == Decision.DECLINE else []
    return {
        "decision": decision, "pd": pd_, "limit_amount": limit_amount, "refer_reasons": refer,
        "decline_reasons": decline,
    }  # fmt: skip


ADMIT, REFER, DECLINE = judged("admit", 0.02, 9_000), judged("refer", 0.15, 4_000), judged("decline", 0.4, 0)
DEARER, LOWER = judged("admit", 0.05, 5_000), judged("refer", 0.18, 2_500)
WITHHELD = {"decision": "refer", "refer_reasons": [ReviewTrigger.OPTIONAL_DATA_WITHHELD], "decline_reasons": []}


@pytest.mark.parametrize(
    ("learnt", "cautious", "is_withheld", "expected"),
    [
        (ADMIT, DEARER, False, ADMIT),
        (ADMIT, DEARER, True, DEARER),
        (ADMIT, REFER, True, REFER | WITHHELD),
        (ADMIT, DECLINE, True, DECLINE | WITHHELD),
        (REFER, LOWER, True, LOWER),
        (REFER, DECLINE, True, DECLINE | WITHHELD | {"refer_reasons": ["PD_BETWEEN_BANDS", "OPTIONAL_DATA_WITHHELD"]}),
        (REFER, DECLINE, False, REFER),
        (DECLINE, DECLINE, True, DECLINE),
    ],
    ids=[
        "nothing withheld",
        "still admitted",
        "between bands",
        "no decline for it",
        "referred anyway, with the cautious figures",
        "referred anyway, and declined for it",
        "referred, nothing withheld",
        "declined anyway",
    ],
)
def test_what_becomes_of_whom(learnt, cautious, is_withheld, expected):
    decided = withholding.decided(pd.DataFrame([learnt]), pd.DataFrame([cautious]), pd.Series([is_withheld]))
    assert decided.iloc[0].to_dict() == expected


def test_optional_scopes_are_those_that_the_policy_does_not_require():
    scopes = optional_sources.scopes(load())
    assert set(scopes) == {"farm.breeding", "farm.land_transfer", "housing.rural_house"}
    assert "house_count" in scopes["housing.rural_house"]
    # of two sources, so that withholding one doesn't empty it
    assert not any("farm_revenue_cny" in names for names in scopes.values())


KNOWN = missing_values.Missing((0.0,) * 3, (False,) * 3, (1.0, 0.5, 0.9), (0.9, 0.5, 0.1))


@pytest.mark.parametrize(
    ("rows", "values", "message"),
    [
        (200, {}, {}),
        (200, {"a": None}, {"a": "known of 0%, in training of 100%"}),
        (200, {"b": None}, {"b": "known of 0%, in training of 50%"}),
        (5, {"a": None}, {"a": "known of 0%, in training of 100%"}),
        (4, {"a": None}, {"a": "known of 0%, in training of 100%"}),  # few, but nearly everybody had it
        (4, {"b": None, "c": None}, {}),
        (200, {"a": 0.0}, {"a": "other than 0 for 0%, in training for 90%"}),
        (20, {"b": 0.0}, {}),
        (200, {"c": 0.0}, {"c": "other than 0 for 0%, in training for 10%"}),
        (20, {"c": 0.0}, {}),
        (
            200,
            {"a": None, "b": None},
            {"a": "known of 0%, in training of 100%", "b": "known of 0%, in training of 50%"},
        ),
    ],
)
def test_more_that_is_missing_than_chance_explains_is_told(rows, values, message):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            name: np.where(rng.random(rows) < nonzero, 1.0, 0.0)
            for name, nonzero in zip("abc", KNOWN.nonzero, strict=True)
        }
    )
    frame["b"] = frame["b"].mask(np.arange(rows) % 2 == 0)
    frame["c"] = frame["c"].mask(np.arange(rows) % 10 == 0)
    for name, value in values.items():
        frame[name] = np.nan if value is None else frame[name].where(frame[name].isna(), value)
    assert missing_values.lacking(KNOWN, ("a", "b", "c"), frame, 0.75) == message


@pytest.mark.parametrize(("left", "is_reported"), [(0.6, True), (0.75, False), (1.0, False)])
def test_rows_that_are_lost_of_a_table_that_counts_as_complete_are_told(left, is_reported):
    """They read as 0, and no value is missing."""
    values = np.repeat([0.0, 1.0], [1_000 - round(900 * left), round(900 * left)])
    frame = pd.DataFrame({"a": values, "b": 1.0, "c": 1.0})
    shares = missing_values.lacking(KNOWN, ("a", "b", "c"), frame, 0.75)
    assert shares == ({"a": "other than 0 for 54%, in training for 90%"} if is_reported else {})
