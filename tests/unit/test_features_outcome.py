"""Labels by declaration: loans that end at the horizon, arrears that matter, and what no later report hides."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from silver import of_repayment, silver

from conf.schema.label import Label, Repayment
from features.engine.performance import became
from features.outcome import LABEL

NOW = datetime(2025, 6, 1, tzinfo=UTC)
LENT = {"loan_no": "L1", "application_no": "a", "disbursed_date": "2023-01-15", "term_months": "12"}


def loan(number: int = 1, **changes: str) -> dict[str, str]:
    """A loan of 12 months, disbursed on 2023-01-15, of application `a<number>`."""
    return LENT | {"loan_no": f"L{number}", "application_no": f"a{number}"} | changes


def due(day: str, paid: str, cny: str = "1000", number: int = 1, **changes: str) -> dict[str, str]:
    """An instalment as last reported on 2023-01-01, unless said otherwise."""
    return {
        "loan_no": f"L{number}", "instalment_no": day[:7].replace("-", ""), "due_date": day, "due_cny": cny,
        "paid_cny": paid, "days_past_due": "0", "known_at": "2023-01-01",
    } | changes  # fmt: skip


def statuses(spark, loans: list[dict], instalments: list[dict], as_of: datetime = NOW, label: Label = LABEL) -> dict:
    lent, owed = silver(spark, "bank__loan", loans), of_repayment(spark, instalments)
    return {r["application_id"]: r["label_status"] for r in became(lent, owed, as_of, "UTC", label).collect()}


def status(spark, lent: dict, *instalments: dict, as_of: datetime = NOW, label: Label = LABEL) -> str:
    return statuses(spark, [lent], list(instalments), as_of, label)["a1"]


@pytest.mark.parametrize("kind", [*Repayment, None])
@pytest.mark.parametrize("last", ["2024-01-15", "2024-01-16", "2024-01-20"])  # at the horizon, or after a weekend
def test_a_loan_of_a_year_that_is_never_paid_is_bad(spark, kind, last):
    lent = loan(**({"repayment_type": str(kind)} if kind else {}))
    assert status(spark, lent, due(last, "0")) == "bad"


@pytest.mark.parametrize(
    ("term", "last", "paid", "expected"),
    [
        ("12", "2024-01-15", "2024-04-13", "indeterminate"),  # 89 days late
        ("12", "2024-01-15", "2024-04-14", "bad"),
        ("12", "2024-01-15", "2024-01-15", "good"),
        ("9", "2023-10-15", None, "bad"),
        ("11", "2023-12-15", None, "bad"),
        ("6", "2023-07-15", "2023-07-10", "good"),
        ("18", "2024-07-15", None, "bad"),  # a bullet loan tells nothing before it matures
        ("18", "2024-07-15", "2024-07-15", "good"),
    ],
)
def test_a_bullet_loan_is_judged_by_its_one_instalment(spark, term, last, paid, expected):
    settled = {"paid_date": paid} if paid else {}
    row = due(last, "1000" if paid else "0", **settled)
    assert status(spark, loan(term_months=term, repayment_type="bullet"), row) == expected


@pytest.mark.parametrize(
    ("term", "instalments", "mature"),
    [
        ("12", [due("2024-01-15", "1000")], date(2024, 4, 14)),  # 90 days after its last due date
        ("12", [due(f"2023-{month}-15", "1000") for month in ("04", "07", "10")], date(2024, 4, 14)),
        ("6", [due("2023-07-15", "1000")], date(2024, 4, 14)),
        ("24", [due("2023-04-15", "1000")], date(2024, 4, 14)),
        ("24", [due("2024-01-15", "1000")], date(2024, 4, 14)),  # yearly: the first tells nothing at the horizon
        ("12", [due("2024-01-22", "1000")], date(2024, 4, 21)),  # a holiday at its end
        ("12", [due("2024-03-15", "1000")], date(2024, 4, 14)),  # no holiday is that long
    ],
)
def test_nobody_is_good_before_it_could_have_been_seen(spark, term, instalments, mature):
    def on(day: date) -> str:
        return status(spark, loan(term_months=term), *instalments, as_of=datetime(*day.timetuple()[:3], tzinfo=UTC))

    assert (on(mature - timedelta(days=1)), on(mature)) == ("immature", "good")


def test_a_yearly_instalment_that_is_never_paid_is_bad(spark):
    assert status(spark, loan(term_months="24"), due("2024-01-15", "0")) == "bad"


@pytest.mark.parametrize(
    ("cny", "paid", "expected"),
    [
        ("1000", "999.99", "good"),
        ("1000", "990.01", "good"),
        ("1000", "990", "bad"),  # 10 CNY and 1 %
        ("900", "890.01", "good"),  # more than 1 %, less than 10 CNY
        ("50000", "49500.01", "good"),  # 499.99 CNY, less than 1 %
        ("50000", "49500", "bad"),
        ("1000", "1000.01", "good"),
        ("1000", "5000", "good"),
        ("8.50", "0", "good"),  # less than 10 CNY of all its arrears
        ("0", "0", "indeterminate"),  # nothing was due, so that nothing is told
    ],
)
def test_arrears_count_from_a_sum_and_a_share_on(spark, cny, paid, expected):
    assert status(spark, loan(), due("2023-04-15", paid, cny)) == expected
    if Decimal(cny):  # the bank counts its days, whatever rest is left
        assert status(spark, loan(), due("2023-04-15", paid, cny, days_past_due="95")) == "bad"


def test_small_arrears_add_up(spark):
    short = [due(f"2023-{month:02}-15", "0", "8.50") for month in range(2, 13)]
    assert status(spark, loan(principal_cny="100"), *short[:1]) == "good"
    assert status(spark, loan(principal_cny="100"), *short) == "bad"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # 0.9 % of each, which the bank counts as late, or doesn't
        ([("5000", "4955", "200")] * 11, "bad"),
        ([("5000", "4955", "0")] * 11, "good"),
        ([("5000", "4955", "0")] * 2 + [("5000", "4900", "0")] + [("5000", "4955", "0")] * 2, "bad"),
        # 9 CNY of 9, then 0.9 % of 1,000: together 18 CNY and 1.8 %
        ([("9", "0", "0"), ("1000", "991", "0")], "bad"),
        ([("9", "9", "0"), ("1000", "991", "0")], "good"),
        # a whole instalment, though little of what was due before it
        ([("90000", "90000", "0"), ("500", "0", "0")], "bad"),
        ([("1000", "1200", "0"), ("1000", "0", "0")], "bad"),  # too much paid of one pays no other
    ],
)
def test_small_rests_add_up_over_a_loan(spark, rows, expected):
    instalments = [
        due(f"2023-{month:02}-15", paid, cny, days_past_due=dpd) for month, (cny, paid, dpd) in enumerate(rows, 2)
    ]
    assert status(spark, loan(), *instalments) == expected


@pytest.mark.parametrize(
    "later",
    [
        {"paid_cny": "1000"},  # paid, nobody says when, and back at 0 days
        {"paid_cny": "999.99"},
        {"paid_cny": "1000", "paid_date": "2023-08-01"},
        {"paid_cny": "0", "due_date": "2025-04-15"},  # put off once it was late
        {"paid_cny": "0", "due_date": "2023-12-15"},
        {"paid_cny": "0", "due_cny": "0"},
    ],
)
def test_what_was_late_stays_late(spark, later):
    first = due("2023-04-15", "0", days_past_due="95", known_at="2023-07-20")
    assert (
        status(spark, loan(term_months="24"), first, first | {"days_past_due": "0", "known_at": "2023-09-01"} | later)
        == "bad"
    )


BULLET = {"repayment_type": "bullet"}
UNPAID = [due("2024-01-15", "0"), due("2025-01-15", "0", known_at="2024-01-20")]
LATE = [due("2023-04-15", "0", days_past_due="120", known_at="2023-08-15"), due("2026-01-15", "0")]


@pytest.mark.parametrize(
    ("versions", "instalments", "as_of", "expected"),
    [
        # a bullet of a year, prolonged before it was due, and after it
        ([BULLET, BULLET | {"term_months": "24", "known_at": "2023-12-01"}], UNPAID, "2024-04-14", "bad"),
        ([BULLET, BULLET | {"term_months": "24", "known_at": "2024-01-20"}], UNPAID, "2024-04-14", "bad"),
        ([BULLET, BULLET | {"term_months": "24", "known_at": "2024-01-20"}], UNPAID, "2024-04-13", "immature"),
        # twice
        ([BULLET, *(BULLET | {"term_months": f"{24 + n}", "known_at": f"2024-0{n}-01"} for n in (1, 2))],
         UNPAID, "2024-04-14", "bad"),
        # what was late in instalments, turned into a bullet for three years
        ([{"repayment_type": "equal_instalment"}, BULLET | {"term_months": "36", "known_at": "2023-09-01"}],
         LATE, "2024-04-14", "bad"),
        # a bullet for two years turned into one for one, or into instalments, is watched as long as before
        ([BULLET | {"term_months": "24"}, BULLET | {"known_at": "2023-09-01"}], UNPAID[:1], "2025-04-13", "immature"),
        ([BULLET | {"term_months": "24"}, {"repayment_type": "equal_principal", "known_at": "2023-09-01"}],
         UNPAID[:1], "2025-04-13", "immature"),
        # how it is repaid was told later than the rest, or is told no more
        ([{"term_months": "24"}, BULLET | {"term_months": "24", "known_at": "2023-09-01"}],
         UNPAID[1:], "2024-06-01", "immature"),
        ([BULLET | {"term_months": "24"}, {"term_months": "24", "known_at": "2023-09-01"}],
         UNPAID[1:], "2024-06-01", "immature"),
        # all else is as it was told last
        ([{}, {"closed_date": "2023-03-01", "known_at": "2023-03-02"}], UNPAID[:1], "2024-04-14", "good"),
    ],
)  # fmt: skip
def test_new_terms_move_no_window(spark, versions, instalments, as_of, expected):
    moment = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    assert statuses(spark, [loan(**version) for version in versions], instalments, as_of=moment) == {"a1": expected}


def test_a_report_of_the_day_it_was_paid_puts_it_right(spark):
    wrong = due("2023-04-15", "0", days_past_due="95", known_at="2023-07-20")
    right = due("2023-04-15", "1000", paid_date="2023-04-14", known_at="2023-08-01")
    assert status(spark, loan(), wrong, right) == "good"


@pytest.mark.parametrize(
    ("closed", "instalments", "expected"),
    [
        ("2023-06-01", [due("2023-04-15", "1000")], "good"),
        ("2023-06-01", [due("2023-04-15", "1000"), due("2023-07-15", "0")], "good"),  # owed no more once it is closed
        ("2023-02-01", [], "good"),  # before anything fell due
        ("2023-08-01", [due("2023-04-15", "0")], "bad"),
        (None, [], "indeterminate"),
    ],
)
def test_an_early_settlement(spark, closed, instalments, expected):
    lent = loan(**({"closed_date": closed} if closed else {}))
    assert status(spark, lent, *instalments) == expected
    assert status(spark, lent, *instalments, as_of=datetime(2024, 4, 14, tzinfo=UTC)) == expected
    # with the others of its months, though it is settled
    assert status(spark, lent, *instalments, as_of=datetime(2024, 4, 13, tzinfo=UTC)) == "immature"


def test_the_declaration_says_all_of_it(spark):
    strict = Label(horizon_months=6, bad_days=60, indeterminate_days=10, least_arrears=0, least_arrears_share=0)
    short = due("2023-04-15", "999.99")
    assert status(spark, loan(term_months="24"), short, label=strict) == "bad"
    two = due("2023-04-15", "1000"), due("2023-06-01", "1000", paid_date="2023-06-20")
    assert status(spark, loan(term_months="24"), *two, label=strict) == "indeterminate"
    assert status(spark, loan(term_months="24"), due("2023-06-01", "0"), label=strict) == "bad"


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon_months": 0},
        {"bad_days": 20},
        {"least_arrears": -1},
        {"least_arrears": "NaN"},
        {"least_arrears_share": "1"},
        {"at_maturity": ["balloon"]},
        {"horizon": 12},
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        Label.model_validate(LABEL.model_dump() | wrong)


paid = st.sampled_from([Decimal(cny) for cny in ("0", "5", "300", "985", "991", "999.99", "1000", "1200")])
schedules = st.lists(st.tuples(paid, st.one_of(st.just(0), st.integers(0, 400))), min_size=1, max_size=6)
payments = st.sampled_from([Decimal(cny) for cny in ("0.01", "5", "9", "10", "300", "1000", "1200")])


# each example is a whole county of loans, which takes too long to be made smaller
@settings(max_examples=3, phases=[Phase.generate])
@given(loans=st.lists(st.tuples(schedules, st.integers(0, 5), payments), min_size=30, max_size=40))
def test_more_paid_never_makes_a_loan_worse_and_a_later_payment_hides_nothing(spark, loans):
    lent, before, more, after = [], [], [], []
    for number, (schedule, which, payment) in enumerate(loans):
        lent.append(loan(number, term_months="24"))
        for k, (paid, late) in enumerate(schedule):
            first = date(2023, 2 + 2 * k, 15) if k < 5 else date(2023, 12, 15)
            row = due(f"{first}", str(paid), number=number, days_past_due=str(late), known_at="2024-12-01")
            before.append(row)
            further = row | {"paid_cny": str(paid + payment)} if k == which % len(schedule) else row
            more.append(further)
            after.append(further | {"known_at": "2025-01-01", "days_past_due": "0"})
    order = ["good", "indeterminate", "bad"]
    was = statuses(spark, lent, before)
    paid = statuses(spark, lent, more)
    later = statuses(spark, lent, before + after)
    assert all(order.index(paid[number]) <= order.index(was[number]) for number in was)
    # due early enough to be 90 days old within the year
    late = {f"a{n}" for n, (s, *_) in enumerate(loans) if any(paid < 1000 and days >= 90 for paid, days in s[:4])}
    assert {number for number in late if later[number] != "bad"} == set()
