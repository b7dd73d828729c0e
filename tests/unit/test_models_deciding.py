"""What a decision is made from can be written down and read again, and gives the same decision, to the last bit."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portfolio import ADMISSION, CATALOGUE, MONOTONE, NAMES, POLICY, admitted, frame, limited

from conf.schema.errors import FieldstoneError
from conf.schema.model import Split
from models import admission, caps, deciding, policy
from models.household_decisions import LEDGER, LOANS, OWED, decide_in_turn
from models.reasons import Judges

JUDGES = Judges(admitted().predictor, limited().predictor, POLICY, CATALOGUE)
SCOPES = {"housing.rural_house": (NAMES[2], NAMES[5], NAMES[8])}
ROWS = 36


def applied(**changes) -> pd.DataFrame:
    """Applicants with facts; a household of two, and some who apply twice."""
    rows = frame().head(ROWS).reset_index(drop=True)
    people = [f"s{n // 2}" for n in range(ROWS)]
    facts = {
        "requested_amount": 30_000.0, "term_months": 12.0, "product_code": "farm_credit", "history_months": 24.0,
        "existing_debt_service_month": 0.0, "existing_exposure": 0.0,
        "has_required_consent": True, "is_source_suspended": False,
    }  # fmt: skip
    named = {"subject_key": people, "household_no": [f"h{n // 4}" if n % 3 else None for n in range(ROWS)]}
    at = pd.date_range("2026-01-01", periods=ROWS, freq="h", tz="UTC")
    return rows.assign(**(facts | changes), **named, applied_at=at)


def in_turn(rows: pd.DataFrame):
    named = rows[["application_id", "subject_key", "household_no", "applied_at"]]
    ledger = pd.DataFrame([["L1", "s1", "h0", "farm_credit", 12, 20_000.0]], columns=LEDGER)
    loans = pd.DataFrame([["s3", "h1", "farm_credit", 9_000.0, 100.25]], columns=[*LOANS[:3], *OWED])
    return lambda facts: decide_in_turn(named.join(facts), POLICY, ledger, loans)


def decided_twice(
    rows: pd.DataFrame, is_withheld: pd.Series, judges: Judges = JUDGES
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Decisions in turn, and once more from what was written down of each, in another order and one by one."""
    known = deciding.known(rows, rows, {"housing.rural_house": is_withheld}, judges)
    first = deciding.decide(known, judges, SCOPES, in_turn(rows))
    records = [json.loads(json.dumps(record)) for record in known.after(first).records()]

    def again(*which: int) -> pd.DataFrame:
        read = deciding.of_records([records[i] for i in which], judges, SCOPES)
        return deciding.again(read, judges, SCOPES).set_axis([*which])

    together = again(*reversed(range(ROWS)))
    for i in (0, 7, 33):
        assert bits(again(i).loc[i]) == bits(together.loc[i])
    return first, together.loc[range(ROWS)]


def bits(row: pd.Series) -> list[str]:
    """A decision to the last bit."""
    names = [
        *deciding.FACTS,
        "pd",
        "capacity_year",
        *policy.decide(applied().assign(pd=0.1, capacity_year=1.0), POLICY),
    ]
    return [repr(row[name]) for name in [*names, *caps.COMMITTED, "reasons"]]


@settings(max_examples=4)
@given(
    terms=st.tuples(st.floats(100, 2e5), st.integers(1, 60), st.floats(0, 4e3), st.floats(0, 6e4)),
    product=st.sampled_from(sorted(POLICY.products)),
    history=st.sampled_from([0.0, 24.0]),
    flags=st.tuples(st.booleans(), st.booleans()),
    seed=st.integers(0, 10**6),
)
def test_the_same_inputs_give_the_same_decision_to_the_last_bit(terms, product, history, flags, seed):
    rng = np.random.default_rng(seed)
    rows = applied(
        requested_amount=terms[0] * (1 + rng.random(ROWS)), term_months=terms[1], product_code=product,
        existing_debt_service_month=terms[2] * rng.random(ROWS), existing_exposure=terms[3] * rng.random(ROWS),
        history_months=history, has_required_consent=flags[0], is_source_suspended=flags[1] and rng.random(ROWS) > 0.5,
    )  # fmt: skip
    gaps = rng.random((ROWS, len(NAMES))) < 0.2
    rows[list(NAMES)] = rows[list(NAMES)].mask(gaps)
    first, again = decided_twice(rows, pd.Series(rng.random(ROWS) < 0.4))
    assert [bits(row) for _, row in first.iterrows()] == [bits(row) for _, row in again.iterrows()]


def test_what_was_withheld_counts_once_more():
    # trees that reward withholding: those of whom it isn't known are the better risks
    rows, names = frame(), SCOPES["housing.rural_house"]
    safe = rows["is_default_12m"].eq(0) & (np.arange(len(rows)) % 2 == 0)
    lured = rows.assign(**{name: rows[name].mask(safe) for name in names})
    quick = ADMISSION.model_copy(update={"gates": (), "rounds": 20, "split": Split(folds=2)})
    judges = replace(JUDGES, admission=admission.fit(lured, quick, MONOTONE, POLICY, None, SCOPES).predictor)
    applications = applied().assign(**dict.fromkeys(names, math.nan))
    first, again = decided_twice(applications, pd.Series(True, index=range(ROWS)), judges)
    believed, _ = decided_twice(applications, pd.Series(False, index=range(ROWS)), judges)
    assert (again["pd"] > believed["pd"]).any()
    assert [bits(row) for _, row in first.iterrows()] == [bits(row) for _, row in again.iterrows()]


def test_what_is_not_known_stays_so_and_is_left_out():
    rows = applied(existing_exposure=[math.nan, *[1.5] * (ROWS - 1)])
    known = deciding.known(rows, rows, {}, JUDGES)
    first, second = known.records()[:2]
    assert "existing_exposure" not in first["facts"]
    assert second["facts"]["existing_exposure"] == 1.5
    assert first["facts"]["has_required_consent"] is True
    read = deciding.of_records(known.records(), JUDGES, {})
    assert math.isnan(read.facts["existing_exposure"][0])
    pd.testing.assert_frame_equal(read.features, known.features)


def test_a_feature_that_is_no_number_is_refused_without_its_value():
    rows = applied().assign(**{NAMES[0]: "much"})
    with pytest.raises(FieldstoneError, match=f"feature {NAMES[0]} isn't a number") as refused:
        deciding.known(rows, rows, {}, JUDGES)
    assert "much" not in str(refused.value)


def test_another_policy_gives_another_decision():
    rows = applied()
    known = deciding.known(rows, rows, {}, JUDGES)
    made = known.after(deciding.decide(known, JUDGES, {}, in_turn(rows)))
    strict = replace(JUDGES, rules=POLICY.model_copy(update={"decline_pd": 0.01, "refer_pd": 0.01}))
    same, other = (deciding.again(made, judges, {}) for judges in (JUDGES, strict))
    assert (same["decision"] != other["decision"]).any()
