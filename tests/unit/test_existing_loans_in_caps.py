"""Caps hold over what is owed already: the applicant's own loans, and those of the household."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portfolio import POLICY, RICH, applied

from models import caps
from models.caps import Constraint
from models.household_decisions import LEDGER, LOANS, decide_in_turn
from models.policy import Decision

NOTHING = pd.DataFrame(columns=LEDGER)
# caps, CNY: grade A 300,000, C 100,000; of farm credit 300,000, of consumer credit 200,000
GOOD, FAIR = 0.001, 0.06
DTI, RATE = 0.5, 0.055


def lent(*loans: tuple) -> pd.DataFrame:
    """Loans: whose, product, owed, paid each month; Ann and Ben are of a household, Cat of another, Dan of none."""
    homes = {"ann": "h1", "ben": "h1", "cat": "h2", "dan": None}
    return pd.DataFrame([(who, homes[who], *rest) for who, *rest in loans], columns=LOANS)


def granted(who: str, product: str, cny: float, home: str | None = "h1", term: int = 12) -> pd.DataFrame:
    return pd.DataFrame([("B1", who, home, product, term, cny)], columns=LEDGER)


def limits(frame: pd.DataFrame, loans: pd.DataFrame, before: pd.DataFrame = NOTHING) -> list[tuple]:
    decided = decide_in_turn(frame, POLICY, before, loans)
    return list(zip(decided["limit_amount"], decided["binding_constraint"], strict=True))


CONSUMER = {"product_code": "rural_consumer", "pd": GOOD}


@pytest.mark.parametrize(
    ("changes", "loans", "expected"),
    [
        ({}, [], (100_000, Constraint.GROUP)),
        # one's own: 100,000 less 40,000 less 25,000, whatever the product
        ({}, [("ann", "farm_credit", 40_000, 0), ("ann", "rural_consumer", 25_000, 0)], (35_000, Constraint.EXPOSURE)),
        # the cap of the product, of which 150,000 are owed: 200,000 less 150,000
        (CONSUMER, [("ann", "rural_consumer", 150_000, 0)], (50_000, Constraint.EXPOSURE)),
        (CONSUMER, [("ann", "rural_consumer", 120_000, 0), ("ann", "rural_consumer", 30_000, 0)],
         (50_000, Constraint.EXPOSURE)),
        # of another product: 300,000 less 150,000
        (CONSUMER, [("ann", "farm_credit", 150_000, 0)], (150_000, Constraint.EXPOSURE)),
        # what a member owes: 100,000 less 70,000
        ({}, [("ben", "farm_equipment", 70_000, 0)], (30_000, Constraint.HOUSEHOLD)),
        ({}, [("ben", "farm_credit", 30_000, 0), ("ann", "farm_credit", 30_000, 0)], (40_000, Constraint.HOUSEHOLD)),
        # the product's cap of the household: 200,000 less 160,000
        (CONSUMER, [("ben", "rural_consumer", 160_000, 0)], (40_000, Constraint.HOUSEHOLD)),
        (CONSUMER, [("ben", "rural_consumer", 60_000, 0), ("ann", "rural_consumer", 70_000, 0)],
         (70_000, Constraint.HOUSEHOLD)),
        # others are no matter of hers
        ({}, [("cat", "farm_credit", 90_000, 9_000), ("dan", "farm_credit", 90_000, 9_000)],
         (100_000, Constraint.GROUP)),
    ],
)  # fmt: skip
def test_loans_count_against_the_caps(changes, loans, expected):
    assert limits(applied(RICH | changes), lent(*loans)) == [expected]


def test_a_person_of_no_household_owes_for_herself_alone():
    lone = {"subject_key": "dan", "household_no": None}
    loans = lent(("dan", "farm_credit", 30_000, 0), ("ann", "farm_credit", 90_000, 0))
    assert limits(applied(RICH | lone), loans) == [(70_000, Constraint.EXPOSURE)]


@pytest.mark.parametrize("who", ["ann", "ben"])
def test_what_loans_take_each_month_leaves_less_to_pay(who):
    frame = applied(RICH | {"capacity_year": 60_000.0})
    [(alone, _)], [(beside, constraint)] = limits(frame, lent()), limits(frame, lent((who, "farm_credit", 1_000, 900)))

    def value(monthly: float) -> float:
        return monthly * (1 - (1 + RATE / 12) ** -12) / (RATE / 12)

    free = 60_000 * DTI / 12
    assert alone == value(free) // 100 * 100
    assert beside == value(free - 900) // 100 * 100
    assert constraint == (Constraint.CAPACITY if who == "ann" else Constraint.HOUSEHOLD)


def test_pending_approved_and_existing_share_the_caps_of_a_household():
    """100,000: Ann owes 10,000 and Ben 20,000, Ben was granted 15,000, Ann asks for 25,000 first: 30,000 are left."""
    loans = lent(("ann", "farm_credit", 10_000, 100), ("ben", "rural_consumer", 20_000, 100))
    frame = applied(RICH | {"requested_amount": 25_000.0}, RICH)
    first, second = limits(frame, loans, granted("ben", "farm_credit", 15_000))
    assert first == (25_000, Constraint.REQUESTED)
    assert second == (100_000 - 10_000 - 20_000 - 15_000 - 25_000, Constraint.HOUSEHOLD)


def test_of_the_same_loan_the_larger_figure_counts_once():
    loans = lent(("ann", "farm_credit", 40_000, 0))
    for known, left in ((0.0, 60_000), (40_000.0, 60_000), (55_000.0, 45_000)):
        assert limits(applied(RICH | {"existing_exposure": known}), loans) == [(left, Constraint.EXPOSURE)]
    decided = decide_in_turn(applied(RICH | {"existing_exposure": None}), POLICY, NOTHING, loans)
    assert decided["decision"].tolist() == [Decision.REFER]  # what isn't known stays unknown


who = st.sampled_from(["ann", "ben", "cat", "dan"])
product = st.sampled_from(sorted(POLICY.products))
money = st.floats(0, 3e5).map(lambda cny: round(cny, 2))
books = st.lists(st.tuples(who, product, money, st.floats(0, 2e3)), max_size=5)


@settings(max_examples=25)
@given(loans=books, asks=st.lists(st.tuples(who, product, st.sampled_from([GOOD, FAIR, 0.03]), money), min_size=1,
                                  max_size=5))  # fmt: skip
def test_with_what_is_lent_nobody_and_no_household_owes_more_than_the_caps(loans, asks):
    homes = {"ann": "h1", "ben": "h1", "cat": "h2", "dan": None}
    requests = (
        {"subject_key": name, "household_no": homes[name], "product_code": code, "pd": pd_, "requested_amount": cny}
        for name, code, pd_, cny in asks
    )
    frame = applied(*(RICH | each for each in requests))
    book = lent(*loans)
    decided = decide_in_turn(frame, POLICY, NOTHING, book)
    decided["lent"] = decided["limit_amount"].where(decided["decision"] != Decision.DECLINE, 0.0)
    group = caps.steps(frame, POLICY)[Constraint.GROUP]
    for key in ("subject_key", "household_no"):
        owed = book.groupby(key)["existing_exposure"].sum()
        for name, rows in decided.groupby(key):
            if rows["lent"].sum() > 0:
                assert owed.get(name, 0.0) + rows["lent"].sum() <= group[rows.index].max() + 0.01
            for code, same in rows.groupby("product_code"):
                before = book.loc[(book[key] == name) & (book["product_code"] == code), "existing_exposure"].sum()
                if same["lent"].sum() > 0:
                    assert before + same["lent"].sum() <= float(POLICY.products[code].cap) + 0.01


@settings(max_examples=25)
@given(borrower=who, code=product, cny=money, application=st.tuples(product, st.sampled_from([GOOD, FAIR]), money),
       income=st.floats(1e4, 4e5))  # fmt: skip
def test_a_loan_that_is_paid_out_frees_nothing(borrower, code, cny, application, income):
    """What was granted becomes a loan of that amount and those instalments, and all limits stay what they were."""
    homes = {"ann": "h1", "ben": "h1", "cat": "h2", "dan": None}
    product_, pd_, requested = application
    request = {"product_code": product_, "pd": pd_, "requested_amount": requested, "capacity_year": income}
    frame = applied(RICH | request)
    monthly = cny / caps.annuity_value(1, POLICY.products[code].annual_rate, 12)
    [(before, _)] = limits(frame, lent(), granted(borrower, code, cny, homes[borrower]))
    [(after, _)] = limits(frame, lent((borrower, code, cny, float(monthly))))
    step = float(POLICY.products[product_].round_down_to)
    assert before - step <= after <= before + step  # instalments are told to the fen
