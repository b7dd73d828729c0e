"""Products that are paid every few months: what is free in a period is paid at its end."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from portfolio import POLICY, applied, paying_every

from conf.schema.hashing import document_sha256
from conf.schema.policy import Policy
from models import caps
from models.caps import Constraint, annuity_value
from models.household_decisions import LEDGER, LOANS, committed, decide_in_turn
from models.policy import Decision

YEARLY = paying_every(12, "farm_credit")
RATE = POLICY.products["farm_credit"].annual_rate
EVERY, MONTHS = st.sampled_from([1, 3, 6, 12]), st.integers(0, 120)
PAID = st.floats(0, 1e5)


def outcomes(rules: Policy, *changes: dict) -> pd.DataFrame:
    return decide_in_turn(applied(*changes), rules, pd.DataFrame(columns=LEDGER), pd.DataFrame(columns=LOANS))


@pytest.mark.parametrize(
    ("months", "every", "value"),
    [
        (12, 12, 12_000 / 1.06),
        (24, 12, 12_000 / 1.06 + 12_000 / 1.06**2),
        (12, 6, 6_000 / 1.03 + 6_000 / 1.03**2),
        (12, 3, sum(3_000 / 1.015**n for n in range(1, 5))),
        (30, 12, 12_000 / 1.06 + 12_000 / 1.06**2 + 6_000 / 1.06**2 / 1.03),  # half a year is left
        (5, 12, 5_000 / 1.025),  # a shorter period alone
        (0, 12, 0),
    ],
)
def test_payments_at_the_end_of_each_period_are_discounted_by_its_rate(months, every, value):
    assert annuity_value(1_000, 0.06, months, every) == pytest.approx(value)


@given(paid=PAID, rate=st.floats(0.001, 0.36), months=MONTHS, every=EVERY)
def test_rarer_payments_of_the_same_free_amount_repay_no_more(paid, rate, months, every):
    monthly, rarer = annuity_value(paid, rate, months), annuity_value(paid, rate, months, every)
    assert rarer <= monthly * (1 + 1e-12)
    assert annuity_value(paid, 0, months, every) == paid * months


@given(paid=st.lists(PAID, min_size=2, max_size=2).map(sorted), rate=st.floats(0, 0.36), months=MONTHS, every=EVERY)
def test_more_that_is_free_or_a_longer_term_never_repays_less(paid, rate, months, every):
    less, more = annuity_value(paid, rate, months, every)
    assert less <= more <= annuity_value(paid[1], rate, months + 1, every) * (1 + 1e-12)


@given(rate=st.floats(0, 0.36), months=st.integers(1, 120), every=EVERY)
def test_its_value_is_lent_and_paid_back_to_nothing(rate, months, every):
    debt = float(annuity_value(1_000, rate, months, every))
    periods, rest = divmod(months, every)
    for length in [every] * periods + [rest]:
        debt = debt * (1 + rate * length / 12) - 1_000 * length
    assert debt == pytest.approx(0, abs=1e-4 * 1_000 * months)


def test_a_limit_that_is_repaid_once_a_year_is_redone_by_hand():
    """60,000 a year at 50 % less 800 a month leave 1,700 a month: 20,400 after a year, at 5.5 % worth 19,336.49."""
    made = caps.steps(applied({}), YEARLY).iloc[0]
    assert made["payment_every_months"] == 12
    assert made[Constraint.CAPACITY] == 19_336.49
    assert made["limit"] == 19_300
    assert caps.steps(applied({}), POLICY)[Constraint.CAPACITY].item() == 19_805.03


def test_how_often_is_paid_is_a_step_only_where_a_product_is_not_paid_each_month():
    monthly, yearly = caps.steps(applied({}), POLICY), caps.steps(applied({"product_code": "rural_consumer"}), YEARLY)
    assert [*yearly.columns.drop("payment_every_months")] == [*monthly.columns]
    assert yearly["payment_every_months"].item() == 1


def test_a_policy_that_is_paid_each_month_keeps_its_hash():
    stated = POLICY.model_dump(mode="json")
    assert all("payment_every_months" not in product for product in stated["products"].values())
    assert paying_every(1, "farm_credit").model_dump(mode="json") == stated
    yearly = YEARLY.model_dump(mode="json")
    assert document_sha256(yearly) != document_sha256(stated)
    assert Policy.model_validate(yearly) == YEARLY


def test_capacity_that_is_paid_once_a_year_is_lent_once():
    first, second = outcomes(YEARLY, {}, {})["decision"]
    assert (first, second) == (Decision.ADMIT, Decision.DECLINE)


@pytest.mark.parametrize("second", ["farm_credit", "rural_consumer"])
def test_what_is_granted_takes_of_the_other_products_what_its_own_payments_need(second):
    """9,000 repaid after a year with 5.5 % take 791.25 of each month, and 908.75 of 1,700 are left."""
    row = outcomes(YEARLY, {"requested_amount": 9_000.0}, {"product_code": second}).iloc[1]
    amounts = dict(zip(row["limit_steps"], row["limit_step_values"], strict=True))
    assert amounts["committed_service_month"] == pytest.approx(9_000 * 1.055 / 12)
    left = annuity_value(908.75, amounts["annual_rate"], 12, amounts["payment_every_months"])
    assert amounts[Constraint.APPLICATIONS] == pytest.approx(float(left), abs=0.006)


def test_a_product_that_the_policy_no_longer_has_counts_as_paid_each_month_without_interest():
    row = {"application_id": "B1", "subject_key": "ann", "household_no": "h1", "product_code": "gone"}
    ledger = pd.DataFrame([row | {"term_months": 10, "amount": 5_000.0}])
    assert committed(applied({}), ledger, YEARLY)["committed_service_month"].tolist() == [500]


def test_terms_and_intervals_may_differ_from_row_to_row():
    values = annuity_value([1, 1], RATE, [12, np.nan], [12, 1])
    assert values[0] == pytest.approx(12 / (1 + RATE))
    assert np.isnan(values[1])
