"""Steps to a limit: each is made from those before it as they are written, so that a person comes to the same cent."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from portfolio import POLICY, paying_every

from conf.schema.sentences import Changeability
from models import caps, limit_reasons, policy
from models.caps import Constraint
from models.policy import Decision
from tests import by_hand

CNY = st.floats(0, 2e5)
GOOD = {
    "pd": 0.01, "capacity_year": 9e6, "requested_amount": 50_000.0, "term_months": 12, "product_code": "farm_credit",
    "existing_debt_service_month": 0.0, "existing_exposure": 0.0, "has_required_consent": True,
    "is_source_suspended": False, "history_months": 24.0,
}  # fmt: skip


def decided(**changes) -> pd.DataFrame:
    rows = pd.DataFrame([GOOD | dict.fromkeys(caps.COMMITTED, 0.0) | changes])
    return rows.join(policy.decide(rows, POLICY))


@given(
    pd_=st.floats(0, 1), capacity=st.floats(0, 1e6), requested=st.floats(1, 6e5), months=st.integers(1, 60),
    product=st.sampled_from(sorted(POLICY.products)), debt=st.floats(0, 5e3), owed=CNY,
    taken=st.lists(CNY, min_size=len(caps.COMMITTED), max_size=len(caps.COMMITTED)),
    max_dti=st.integers(100, 10_000).map(lambda written: written / 10_000),  # at most 4 decimals
    every=st.sampled_from([1, 3, 6, 12]),
)  # fmt: skip
def test_every_step_is_redone_by_hand(pd_, capacity, requested, months, product, debt, owed, taken, max_dti, every):
    stated = {
        "pd": pd_, "capacity_year": capacity, "requested_amount": requested, "term_months": months,
        "product_code": product, "existing_debt_service_month": debt, "existing_exposure": owed,
    }  # fmt: skip
    rules = paying_every(every, product).model_copy(update={"max_dti": max_dti})
    frame = pd.DataFrame([GOOD | dict(zip(caps.COMMITTED, taken, strict=True)) | stated])
    made, limit = caps.steps(frame, rules).iloc[0], caps.limit(frame, rules).iloc[0]
    written = by_hand.steps([*map(str, made.index)], made.tolist())
    redone = by_hand.redone(written)
    assert {name: written[name] for name in redone} == redone
    assert written["limit"] == limit["limit_amount"]
    assert written[limit["binding_constraint"]] == written["smallest"]


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        ({}, []),
        ({"requested_amount": 50_050.0}, [(Constraint.REQUESTED, Changeability.NOW)]),
        ({"capacity_year": 60_000.0}, [(Constraint.CAPACITY, Changeability.LATER)]),
        # both hold it below what was asked for, the tighter first
        (
            {"capacity_year": 60_000.0, "existing_exposure": 280_000.0, "pd": 0.01},
            [(Constraint.EXPOSURE, Changeability.LATER), (Constraint.CAPACITY, Changeability.LATER)],
        ),
        ({"requested_amount": 120_000.0, "pd": 0.06}, [(Constraint.GROUP, Changeability.LATER)]),
        (
            {"requested_amount": 250_000.0, "product_code": "rural_consumer"},
            [(Constraint.PRODUCT, Changeability.NEVER), (Constraint.REGULATION, Changeability.NEVER)],
        ),
        (
            {"committed_amount": 270_000.0, "household_committed_amount": 270_000.0},
            [(Constraint.APPLICATIONS, Changeability.LATER)],
        ),
        ({"household_existing_amount": 270_000.0}, [(Constraint.HOUSEHOLD, Changeability.LATER)]),
        ({"pd": 0.3, "capacity_year": 60_000.0}, []),  # a decline has reasons of its own
        ({"capacity_year": float("nan")}, []),
    ],
)
def test_a_limit_below_what_was_asked_for_says_which_caps_hold_it(changes, texts):
    (reasons,) = limit_reasons.of_limits(decided(**changes), POLICY)
    assert [(reason.feature, reason.change) for reason in reasons] == texts
    assert all(reason.en and reason.zh for reason in reasons)


def test_whom_a_person_decides_on_has_reasons_of_the_limit_that_is_suggested():
    rows = decided(pd=POLICY.decline_pd, requested_amount=250_000.0)
    assert rows["decision"].tolist() == [Decision.REFER]
    assert limit_reasons.of_limits(rows, POLICY)[0]
