"""Every adverse decision has one to four reasons of its own, whatever holds the application back."""

from dataclasses import replace
from functools import cache

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portfolio import CATALOGUE, POLICY, admitted, frame, limited

from models import policy, reasons
from models.caps import Constraint
from models.policy import Decision, DeclineReason, ReviewTrigger

JUDGES = reasons.Judges(admitted().predictor, limited().predictor, POLICY, CATALOGUE)
TERMS = ("requested_amount", "term_months", "existing_debt_service_month", "existing_exposure")


@cache
def features() -> pd.DataFrame:
    """Applicants as the models score them, with the PD and capacity that they say."""
    rows = frame().head(150).reset_index(drop=True)
    predicted = {"pd": JUDGES.admission.predict_pd(rows), "capacity_year": JUDGES.limit.predict_capacity(rows)}
    return rows.assign(**predicted)


def decide(rows: pd.DataFrame, judges: reasons.Judges = JUDGES, **changes) -> pd.DataFrame:
    """Decisions on feature rows with the terms given, and their reasons."""
    known = {"has_required_consent": True, "is_source_suspended": False, "history_months": 24.0}
    terms = {"requested_amount": 50_000.0, "term_months": 12, "product_code": "farm_credit"}
    debts = {"existing_debt_service_month": 0.0, "existing_exposure": 0.0}
    scored = rows.assign(**(known | terms | debts | changes))
    decided = scored.join(policy.decide(scored, judges.rules))
    texts = reasons.of_decisions(rows, decided, judges)
    return policy.explained(decided, texts).assign(reasons=texts)


def one(**changes) -> pd.Series:
    """The decision on a good applicant with the terms given."""
    good = features().query("pd < 0.02 and capacity_year > 40_000").head(1)
    return decide(good, **changes).iloc[0]


def texts(row: pd.Series) -> list[str]:
    return [reason.en for reason in row["reasons"]]


@settings(max_examples=15)
@given(
    terms=st.tuples(st.floats(100, 2e5), st.integers(1, 60), st.floats(0, 4e3), st.floats(0, 6e4)),
    product=st.sampled_from(sorted(POLICY.products)),
)
def test_every_adverse_decision_has_one_to_four_reasons_and_no_other_has_any(terms, product):
    decided = decide(features(), product_code=product, **dict(zip(TERMS, terms, strict=True)))
    shap = {name: part.shap_values(features()) for name, part in (("pd", JUDGES.admission), ("cny", JUDGES.limit))}
    for i, row in decided.iterrows():
        adverse = row["decision"] == Decision.DECLINE or ReviewTrigger.PD_BETWEEN_BANDS in row["refer_reasons"]
        assert (1 <= len(row["reasons"]) <= 4) if adverse else not row["reasons"]
        assert ReviewTrigger.UNEXPLAINED not in row["refer_reasons"]
        assert len({reason.feature for reason in row["reasons"]}) == len(row["reasons"])
        short = DeclineReason.LIMIT_BELOW_MINIMUM in row["decline_reasons"]
        for reason in row["reasons"]:
            if reason.feature in CATALOGUE:
                # raises the PD, or takes from the capacity, of this very person
                own = -shap["cny"].at[i, reason.feature] if short else shap["pd"].at[i, reason.feature]
                assert own > 0
                assert reason.feature not in JUDGES.admission.hidden
                assert reason.feature not in JUDGES.limit.hidden
            else:
                assert short


@pytest.mark.parametrize(
    ("terms", "sentences"),
    [
        ({"requested_amount": 500.0}, ["The amount requested is below the smallest loan"]),
        (
            {"existing_exposure": 299_500.0},
            ["Existing loans fill the cap of the risk grade or of the product"],
        ),
    ],
)
def test_a_limit_below_the_least_says_what_holds_it_there(terms, sentences):
    row = one(capacity_year=300_000.0, **terms)
    assert row["decline_reasons"] == [DeclineReason.LIMIT_BELOW_MINIMUM]
    assert texts(row) == sentences


def test_a_short_term_and_existing_debt_are_told_among_what_capacity_lacks():
    short = one(term_months=1, capacity_year=23_000.0)
    assert "The term requested is too short for the instalments" in texts(short)
    assert "申请期限偏短，每期还款负担较重" in [reason.zh for reason in short["reasons"]]
    indebted = one(existing_debt_service_month=50_000.0)
    assert texts(indebted)[0] == "Running loans take much of the repayment capacity"
    assert "The term requested is too short for the instalments" not in texts(indebted)


def test_each_constraint_that_falls_short_is_told_the_smallest_first():
    row = one(requested_amount=900.0, existing_exposure=299_800.0, capacity_year=300_000.0)
    assert [reason.feature for reason in row["reasons"]] == ["existing_exposure", "requested_amount"]


def test_a_capacity_below_the_average_is_explained_by_its_own_features():
    poorest = features().query("pd < 0.1").nsmallest(1, "capacity_year")
    row = decide(poorest, capacity_year=0.0, requested_amount=3e5).iloc[0]
    taken = -JUDGES.limit.shap_values(poorest).iloc[0]
    shown = taken.drop(list(JUDGES.limit.hidden))
    assert row["reasons"][0].feature == shown.idxmax()


def test_a_grade_whose_cap_is_too_small_is_explained_by_the_risk():
    none = POLICY.grades[4].model_copy(update={"group_cap": POLICY.grades[5].group_cap})
    rules = POLICY.model_copy(update={"grades": (*POLICY.grades[:4], none, POLICY.grades[5])})
    risky = features().query("0.13 < pd < 0.19")
    decided = decide(risky, replace(JUDGES, rules=rules))
    assert (decided["binding_constraint"] == Constraint.GROUP).any()
    for _, row in decided.iterrows():
        assert 1 <= len(row["reasons"]) <= 4
        assert all(reason.feature in CATALOGUE for reason in row["reasons"])


def test_whoever_could_only_be_told_hidden_reasons_goes_to_a_person():
    mute = replace(JUDGES, admission=replace(JUDGES.admission, hidden=JUDGES.admission.features))
    decided = decide(features().query("pd > 0.12"), mute)
    assert set(decided["decision"]) == {Decision.REFER}
    assert all(ReviewTrigger.UNEXPLAINED in codes for codes in decided["refer_reasons"])
    assert not any(decided["decline_reasons"])
    assert not any(decided["reasons"])


def test_a_limit_never_lacks_a_reason_for_what_is_hidden():
    mute = replace(JUDGES, limit=replace(JUDGES.limit, hidden=JUDGES.limit.features))
    poorest = features().query("pd < 0.1").nsmallest(1, "capacity_year")
    row = decide(poorest, mute, capacity_year=0.0).iloc[0]
    assert texts(row) == ["The repayment capacity is too low for the smallest loan"]
