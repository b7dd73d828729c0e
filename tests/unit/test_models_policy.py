"""The decision: vectors, edges, and that more risk or debt never buys a higher limit."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from portfolio import POLICY
from pydantic import ValidationError

from conf.schema.errors import FieldstoneError
from conf.schema.policy import Policy
from models import caps, policy
from models.caps import Constraint
from models.policy import TEXTS, Decision, DeclineReason, ReviewTrigger

ORDER = [Decision.ADMIT, Decision.REFER, Decision.DECLINE]


def application(**changes) -> pd.DataFrame:
    """One good application with the changes given."""
    return pd.DataFrame(
        [
            {
                "pd": 0.01,
                "capacity_year": 60_000.0,
                "requested_amount": 50_000.0,
                "term_months": 12,
                "product_code": "farm_credit",
                "existing_debt_service_month": 800.0,
                "existing_exposure": 0.0,
                "has_required_consent": True,
                "is_source_suspended": False,
                "history_months": 24.0,
            }
            | changes
        ]
    )


def decided(**changes) -> pd.Series:
    return policy.decide(application(**changes), POLICY).iloc[0]


def test_score_vector():
    assert policy.score_of_pd([0.02, 1 / 51], POLICY) == pytest.approx([599.42, 600.0], abs=5e-3)


def test_twenty_points_double_the_odds():
    better, worse = policy.score_of_pd([1 / 101, 1 / 51], POLICY)
    assert better - worse == pytest.approx(20)


def test_income_limit_vector():
    payment = 0.5 * 60_000 / 12 - 800
    assert caps.annuity_value(payment, 0.06, 12) == pytest.approx(19_752.18, abs=5e-3)


def test_an_annuity_without_interest_is_the_sum_of_its_payments():
    assert caps.annuity_value([100, 100], [0.0, 0.06], 12) == pytest.approx([1_200, 1_161.89], abs=5e-3)


def test_grades_hold_their_upper_bound():
    assert policy.grade([0.02, 0.0201, 1.0, np.nan], POLICY).tolist() == ["A", "B", "F", None]


@pytest.mark.parametrize(
    ("changes", "limit", "binding"),
    [
        ({"requested_amount": 10_050.0}, 10_000, Constraint.REQUESTED),
        ({}, 19_800, Constraint.CAPACITY),
        ({"pd": 0.06, "capacity_year": 9e5, "requested_amount": 9e5}, 100_000, Constraint.GROUP),
        (
            {"pd": 0.06, "capacity_year": 9e5, "requested_amount": 9e5, "existing_exposure": 70_000.0},
            30_000,
            Constraint.EXPOSURE,
        ),
        (
            {"capacity_year": 9e5, "requested_amount": 9e5, "product_code": "rural_consumer"},
            200_000,
            Constraint.PRODUCT,
        ),
        ({"capacity_year": 9_000.0}, 0, Constraint.CAPACITY),
        # down means down, by a cent as by more, and less than half a cent is no amount
        (
            {"pd": 0.06, "capacity_year": 9e5, "requested_amount": 9e5, "existing_exposure": 0.005},
            99_900,
            Constraint.EXPOSURE,
        ),
        (
            {"pd": 0.06, "capacity_year": 9e5, "requested_amount": 9e5, "existing_exposure": 0.004},
            100_000,
            Constraint.GROUP,
        ),
        ({"requested_amount": 19_999.9999999, "capacity_year": 9e5}, 20_000, Constraint.REQUESTED),
    ],
)
def test_the_smallest_constraint_binds_and_is_rounded_down(changes, limit, binding):
    row = caps.limit(application(**changes), POLICY).iloc[0]
    assert (row["limit_amount"], row["binding_constraint"]) == (limit, binding)


def test_regulation_binds_where_it_is_tighter_than_the_product():
    strict = POLICY.products["farm_credit"].model_copy(update={"regulatory_cap": Decimal(5_000)})
    tightened = POLICY.model_copy(update={"products": POLICY.products | {"farm_credit": strict}})
    assert caps.limit(application(), tightened)["binding_constraint"].tolist() == [Constraint.REGULATION]


@pytest.mark.parametrize(
    ("changes", "decision", "refer", "decline"),
    [
        ({}, Decision.ADMIT, [], []),
        ({"pd": POLICY.refer_pd}, Decision.ADMIT, [], []),
        ({"pd": POLICY.decline_pd}, Decision.REFER, [ReviewTrigger.PD_BETWEEN_BANDS], []),
        ({"pd": 0.3}, Decision.DECLINE, [], [DeclineReason.PD_ABOVE_CUT_OFF]),
        ({"capacity_year": 0.0}, Decision.DECLINE, [], [DeclineReason.LIMIT_BELOW_MINIMUM]),
        ({"history_months": np.nan}, Decision.REFER, [ReviewTrigger.THIN_HISTORY], []),
        ({"is_source_suspended": True}, Decision.REFER, [ReviewTrigger.SOURCE_SUSPENDED], []),
        ({"has_required_consent": None}, Decision.REFER, [ReviewTrigger.CONSENT_MISSING], []),
        ({"pd": 0.9, "has_required_consent": False}, Decision.REFER, [ReviewTrigger.CONSENT_MISSING], []),
        ({"existing_exposure": np.nan}, Decision.REFER, [ReviewTrigger.INPUT_MISSING], []),
    ],
)
def test_decisions_and_their_codes(changes, decision, refer, decline):
    row = decided(**changes)
    assert (row["decision"], row["refer_reasons"], row["decline_reasons"]) == (decision, refer, decline)


def test_without_a_pd_there_is_no_grade_score_or_limit():
    row = decided(pd=np.nan)
    assert row["decision"] == Decision.REFER
    assert row["grade"] is None
    assert np.isnan(row["score"])
    assert (row["limit_amount"], row["binding_constraint"]) == (0, None)


def test_every_code_has_a_text_in_both_languages():
    for code in [*Constraint, *ReviewTrigger, *DeclineReason]:
        assert TEXTS[code].en
        assert TEXTS[code].zh


def test_whoever_reads_a_decision_is_told_what_its_codes_say():
    decided = policy.decide(pd.concat([application(history_months=1), application(pd=0.3)]), POLICY)
    assert [[text.en for text in each] for each in policy.texts(decided)] == [
        ["Account history is too short for the model"],
        ["Probability of default above the cut-off"],
    ]
    assert policy.texts(decided)[0][0].zh == "账户历史过短"


def test_a_policy_that_is_not_in_force_yet_decides_nothing():
    POLICY.must_hold(POLICY.valid_from_date)
    with pytest.raises(FieldstoneError) as error:
        POLICY.must_hold(date(2024, 12, 31))
    assert str(error.value) == (
        "the policy is valid from 2025-01-01, but decisions are requested as of 2024-12-31; "
        "put the policy of that day into conf/policy.yaml, or wait until then"
    )


@pytest.mark.parametrize("cap", ["cap", "regulatory_cap"])
def test_a_cap_under_which_nothing_could_be_lent_is_refused(cap):
    product = POLICY.products["farm_credit"].model_dump() | {cap: 1_050, "round_down_to": 100}
    Policy.model_validate(POLICY.model_dump() | {"products": {"farm_credit": product}})
    with pytest.raises(ValidationError, match="the cap of farm_credit lies below min_limit 1000"):
        Policy.model_validate(POLICY.model_dump() | {"products": {"farm_credit": product | {"round_down_to": 300}}})


def test_expected_loss_vector():
    assert policy.expected_loss(0.03, 0.45, 100_000) == pytest.approx(1_350)


def test_only_what_is_admitted_has_an_expected_loss():
    assert decided(pd=0.02)["expected_loss"] == pytest.approx(0.02 * 0.45 * decided(pd=0.02)["limit_amount"])
    assert decided(pd=0.3)["expected_loss"] == decided(pd=0.15)["expected_loss"] == 0


def test_an_unknown_product_is_refused_without_its_value():
    with pytest.raises(FieldstoneError) as error:
        policy.decide(application(product_code="submarine"), POLICY)
    assert str(error.value) == (
        "1 of 1 applications have a product that the policy doesn't know; "
        "it knows farm_credit, farm_equipment, rural_consumer"
    )


def test_a_missing_column_is_named():
    with pytest.raises(FieldstoneError, match=r"a decision needs the columns \['pd'\]; its inputs are"):
        policy.decide(application().drop(columns="pd"), POLICY)


def test_what_the_models_dont_know_is_no_ground_to_decline():
    row = decided(pd=0.5, capacity_year=0.0, history_months=1)
    assert (row["decision"], row["decline_reasons"]) == (Decision.REFER, [])


amounts = st.floats(0, 1e6)


@given(
    pds=st.lists(st.floats(0.001, 0.999), min_size=2, max_size=2).map(sorted),
    service=st.lists(st.floats(0, 2e4), min_size=2, max_size=2).map(sorted),
    exposure=st.lists(amounts, min_size=2, max_size=2).map(sorted),
    capacity=amounts,
    requested=st.floats(100, 1e6),
    months=st.integers(1, 120),
    product=st.sampled_from(sorted(POLICY.products)),
)
def test_worse_pd_or_more_debt_never_raises_a_limit(pds, service, exposure, capacity, requested, months, product):
    common = {
        "capacity_year": capacity,
        "requested_amount": requested,
        "term_months": months,
        "product_code": product,
    }
    pair = pd.concat(
        [
            application(pd=p, existing_debt_service_month=s, existing_exposure=e, **common)
            for p, s, e in zip(pds, service, exposure, strict=True)
        ],
        ignore_index=True,
    )
    better, worse = (row for _, row in policy.decide(pair, POLICY).iterrows())
    assert worse["limit_amount"] <= better["limit_amount"] <= min(requested, 500_000) + 1e-6
    assert ORDER.index(worse["decision"]) >= ORDER.index(better["decision"])
    assert better["limit_amount"] % 100 == 0
