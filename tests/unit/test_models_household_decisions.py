"""Several applications of one person or household: together they never get more than one would."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from portfolio import POLICY, RICH, applied

from models import caps, policy
from models.caps import Constraint
from models.household_decisions import LEDGER, LOANS, committed, decide_in_turn
from models.policy import Decision

NOTHING, NO_LOANS = pd.DataFrame(columns=LEDGER), pd.DataFrame(columns=LOANS)


def before(**changes) -> pd.DataFrame:
    """What was granted before, in one application of the person."""
    row = {"application_id": "A9", "subject_key": "ann", "household_no": "h1", "product_code": "farm_credit"}
    return pd.DataFrame([row | {"term_months": 12, "amount": 60_000.0} | changes])


def outcomes(frame: pd.DataFrame, granted: pd.DataFrame = NOTHING) -> list[tuple]:
    decided = decide_in_turn(frame, POLICY, granted, NO_LOANS)
    assert decided.index.equals(frame.index)
    return list(zip(decided["decision"], decided["limit_amount"], decided["binding_constraint"], strict=True))


def test_a_second_application_gets_what_the_first_left_of_the_cap_of_the_grade():
    first, second = outcomes(applied(RICH | {"requested_amount": 70_000.0}, RICH))
    assert first == (Decision.ADMIT, 70_000, Constraint.REQUESTED)
    assert second == (Decision.ADMIT, 30_000, Constraint.APPLICATIONS)


def test_of_the_household_the_other_gets_what_is_left():
    other = RICH | {"subject_key": "ben"}
    first, second = outcomes(applied(RICH | {"requested_amount": 70_000.0}, other))
    assert (first[1], second) == (70_000, (Decision.ADMIT, 30_000, Constraint.HOUSEHOLD))


def test_capacity_is_lent_once():
    alone = outcomes(applied({}))[0]
    first, second = outcomes(applied({}, {}))
    assert first == alone
    assert second == (Decision.DECLINE, 0, Constraint.APPLICATIONS)


@pytest.mark.parametrize(("product", "most"), [("rural_consumer", 200_000), ("farm_credit", 300_000)])
def test_caps_of_a_product_hold_for_both_together(product, most):
    good = RICH | {"pd": 0.001, "product_code": product, "requested_amount": 180_000.0}
    limits = [limit for _, limit, _ in outcomes(applied(good, good, good))]
    assert sum(limits) <= most
    assert limits[:2] == [180_000, min(most - 180_000, 180_000)]


def test_the_order_is_that_of_the_application_whatever_that_of_the_rows():
    frame = applied(RICH | {"requested_amount": 70_000.0}, RICH, RICH | {"subject_key": "ben"})
    turned = frame.iloc[::-1].reset_index(drop=True)
    assert outcomes(turned) == outcomes(frame)[::-1]
    same_moment = frame.assign(applied_at=frame["applied_at"].iloc[0])
    assert outcomes(same_moment) == outcomes(frame)


def test_what_was_granted_before_counts_and_what_is_declined_does_not():
    assert outcomes(applied(RICH), before())[0][1:] == (40_000, Constraint.APPLICATIONS)
    assert outcomes(applied(RICH), before(subject_key="ben"))[0][1:] == (40_000, Constraint.HOUSEHOLD)
    assert outcomes(applied(RICH), before(subject_key="ben", household_no="h2"))[0][1:] == (100_000, Constraint.GROUP)
    declined, second = outcomes(applied(RICH | {"pd": 0.9}, RICH))
    assert (declined[1], second[1:]) == (0, (100_000, Constraint.GROUP))


def test_what_a_person_still_decides_on_is_taken_for_granted():
    first, second = outcomes(applied(RICH | {"history_months": 1.0, "requested_amount": 70_000.0}, RICH))
    assert first[0] == Decision.REFER
    assert second[1] == 30_000


def test_without_a_household_each_is_one_by_herself():
    lone = RICH | {"household_no": None}
    rows = outcomes(applied(lone, lone | {"subject_key": "ben"}))
    assert [limit for _, limit, _ in rows] == [100_000, 100_000]
    assert outcomes(applied(lone, lone))[1][0] == Decision.DECLINE


def test_existing_loans_and_applications_share_the_cap():
    first, second = outcomes(applied(*[RICH | {"existing_exposure": 40_000.0, "requested_amount": 50_000.0}] * 2))
    assert (first[1], second[1]) == (50_000, 10_000)


def test_what_is_taken_is_counted_by_hand():
    other = before(application_id="A8", subject_key="ben", product_code="rural_consumer", amount=5_000.0)
    ledger = pd.concat([before(), before(application_id="A7", product_code="rural_consumer", amount=100.0), other])
    row = committed(applied({}), ledger, POLICY).iloc[0]
    assert row["committed_amount"] == 60_100
    assert row["committed_product_amount"] == 60_000
    assert row["household_committed_amount"] == 65_100
    rate = POLICY.products["farm_credit"].annual_rate / 12
    service = 60_000 * rate / (1 - (1 + rate) ** -12)
    assert row["committed_service_month"] == pytest.approx(service, abs=10)


def test_an_application_by_itself_is_decided_as_ever():
    frame = applied({})
    alone = policy.decide(frame, POLICY)
    assert decide_in_turn(frame, POLICY, NOTHING, NO_LOANS)[alone.columns].equals(alone)


people = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.floats(0.001, 0.3), st.floats(0, 3e5), st.floats(1000, 4e5),
        st.sampled_from(sorted(POLICY.products)),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


@given(people=people, earlier=st.floats(0, 2e5))
def test_together_they_never_owe_more_than_the_best_of_them_may(people, earlier):
    frame = applied(
        *(
            {"subject_key": who, "pd": pd_, "capacity_year": year, "requested_amount": cny, "product_code": product}
            for who, pd_, year, cny, product in people
        )
    )
    decided = decide_in_turn(frame, POLICY, before(subject_key="a", amount=earlier), NO_LOANS)
    lent = decided["limit_amount"].where(decided["decision"] != Decision.DECLINE, 0.0)
    alone = policy.decide(frame, POLICY)["limit_amount"]
    assert (decided["limit_amount"] <= alone).all()
    group = caps.steps(frame, POLICY)[Constraint.GROUP]
    assert lent.sum() <= max(group.max(), 0)
    for (_, product), rows in decided.assign(lent=lent).groupby(["subject_key", "product_code"]):
        assert rows["lent"].sum() <= float(POLICY.products[product].regulatory_cap)
    assert np.isfinite(decided[list(caps.COMMITTED)]).all(axis=None)
