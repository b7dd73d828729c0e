"""The performance window: a loan is labelled when its window is over, whatever became of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from silver import of_repayment, silver

from conf.schema.label import Repayment
from features.engine.performance import became
from features.outcome import LABEL

LENT = date(2023, 1, 15)
OVER = date(2024, 4, 14)  # a year and 90 days
KINDS = [*map(str, Repayment), None]
# What may become of a loan: of each instalment the days after which it is paid, None never; or settled on a day.
FATES = {
    "good": ([0, 0, 0, 0], None),
    "bad at once": ([None, None, None, None], None),
    "bad late": ([0, 0, 0, None], None),
    "cured": ([120, 30, 0, 0], None),
    "a little late": ([0, 45, 0, 0], None),
    "settled at once": ([], date(2023, 2, 1)),
    "settled late": ([0, 0, 0], date(2023, 12, 1)),
    "settled after it was late": ([None, 200], date(2024, 2, 1)),
    "nothing told": ([], None),
}


def later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1)


def instalments(number: str, months: list[int], delays: list) -> list[dict]:
    """Instalments due so many months after disbursement, paid so many days late."""
    rows = []
    for k, (month, delay) in enumerate(zip(months, delays, strict=False), 1):
        day = later(LENT, month)
        paid = {} if delay is None else {"paid_date": f"{day + timedelta(days=delay)}"}
        rows.append(
            {"loan_no": number, "instalment_no": f"{k}", "due_date": f"{day}", "due_cny": "1000",
             "paid_cny": "1000" if paid else "0", "days_past_due": "0", "known_at": f"{day}"} | paid
        )  # fmt: skip
    return rows


def county(terms: list[int]) -> tuple[list[dict], list[dict]]:
    """A loan of each kind, term and fate; its application is named after the three."""
    lent, due = [], []
    for kind in KINDS:
        for term in terms:
            for fate, (delays, closed) in FATES.items():
                name = f"{kind}/{term}/{fate}"
                months = [term] if kind == Repayment.BULLET else [3, 6, 9, 12, 15, 18, 21, 24][: term // 3]
                paid = delays[-1:] if kind == Repayment.BULLET else delays
                due += instalments(name, months, paid)
                optional = {"closed_date": f"{closed}" if closed else None, "repayment_type": kind}
                row = {"loan_no": name, "application_no": name, "disbursed_date": f"{LENT}", "term_months": f"{term}"}
                lent.append(row | {column: value for column, value in optional.items() if value})
    return lent, due


def statuses(spark, lent: list[dict], due: list[dict], day: date) -> dict[str, str]:
    as_of = datetime(day.year, day.month, day.day, tzinfo=UTC)
    loans, owed = silver(spark, "bank__loan", lent), of_repayment(spark, due)
    return {row["application_id"]: row["label_status"] for row in became(loans, owed, as_of, "UTC", LABEL).collect()}


@pytest.fixture(scope="module")
def loans():
    return county([6, 12, 24])


def bullet_for_longer(name: str) -> bool:
    return name.startswith(f"{Repayment.BULLET}/24/")


@pytest.mark.parametrize("ago", [1, 89, 90, 91, 300])
def test_before_its_end_nobody_of_a_cohort_is_labelled(spark, loans, ago):
    assert set(statuses(spark, *loans, OVER - timedelta(days=ago)).values()) == {"immature"}


def test_at_its_end_everybody_is_labelled_but_bullet_loans_that_fall_due_later(spark, loans):
    for after in (0, 1, 200):
        outcomes = statuses(spark, *loans, OVER + timedelta(days=after))
        assert {name for name, status in outcomes.items() if status == "immature"} == set(
            filter(bullet_for_longer, outcomes)
        )


def test_a_bullet_loan_for_longer_has_a_window_of_its_own_whatever_became_of_it(spark, loans):
    over = date(2025, 4, 15)  # 90 days after two years
    before, after = (statuses(spark, *loans, day) for day in (over - timedelta(days=1), over))
    longer = list(filter(bullet_for_longer, before))
    assert {before[name] for name in longer} == {"immature"}
    assert "immature" not in {after[name] for name in longer}


def test_at_its_end_labels_are_those_of_ever_after(spark, loans):
    first, last = (statuses(spark, *loans, day) for day in (OVER, OVER + timedelta(days=900)))
    assert {name: last[name] for name, status in first.items() if status != "immature"} == {
        name: status for name, status in first.items() if status != "immature"
    }
    expected = {
        "good": "good", "bad at once": "bad", "bad late": "bad", "cured": "bad", "a little late": "indeterminate",
        "settled at once": "good", "settled late": "good", "settled after it was late": "bad",
        "nothing told": "indeterminate",
    }  # fmt: skip
    in_parts = {name: status for name, status in first.items() if "/12/" in name and Repayment.BULLET not in name}
    assert in_parts == {name: expected[name.rsplit("/", 1)[1]] for name in in_parts}


def test_the_youngest_cohorts_show_the_bad_rate_of_all(spark):
    """Cohorts alike but for their day: each labelled one has the bad rate of the others."""
    lent, due = county([6, 12])
    cohorts = [date(2022, 1, 15), date(2022, 7, 15), date(2023, 1, 15), date(2023, 4, 15), date(2023, 7, 15)]
    rows, owed = [], []
    for day in cohorts:
        shift = day - LENT
        for kept, originals, dates in ((rows, lent, ("disbursed_date", "closed_date")),
                                   (owed, due, ("due_date", "paid_date", "known_at"))):  # fmt: skip
            for row in originals:
                moved = {n: f"{date.fromisoformat(row[n]) + shift}" for n in dates if n in row}
                names = {n: f"{day}/{row[n]}" for n in ("loan_no", "application_no") if n in row}
                kept.append(row | moved | names)
    outcomes = statuses(spark, rows, owed, date(2024, 5, 1))
    rates = {}
    for day in cohorts:
        cohort = [status for name, status in outcomes.items() if name.startswith(f"{day}/")]
        labelled = [status for status in cohort if status in ("bad", "good")]
        rates[day] = labelled.count("bad") / len(labelled) if labelled else None
        assert labelled or set(cohort) == {"immature"}
    assert rates[cohorts[0]] > 0.3
    assert [rates[day] for day in cohorts] == [rates[cohorts[0]]] * 3 + [None, None]


@pytest.mark.parametrize(
    ("first", "then", "paid", "expected"),
    [
        # put off before it was late, from the end of the loan to long after it
        ("2024-01-15", "2025-01-15", None, "indeterminate"),
        ("2024-01-15", "2025-01-15", "2025-01-15", "indeterminate"),
        ("2024-01-15", "2025-01-15", "2024-04-01", "good"),
        ("2023-07-15", "2025-01-15", None, "indeterminate"),
        # within the year
        ("2023-07-15", "2023-09-15", None, "bad"),
        ("2023-07-15", "2023-09-15", "2023-09-15", "good"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_put_off_beyond_the_window_is_not_good(spark, first, then, paid, expected, kind):
    lent = {"loan_no": "L", "application_no": "a", "disbursed_date": f"{LENT}", "term_months": "12"}
    row = {"loan_no": "L", "instalment_no": "1", "due_cny": "1000", "days_past_due": "0", "event_time": first}
    settled = {"paid_date": paid, "paid_cny": "1000"} if paid else {"paid_cny": "0"}
    versions = [row | {"due_date": first, "paid_cny": "0", "known_at": "2023-02-01"},
                row | {"due_date": then, "known_at": "2023-07-01"} | settled]  # fmt: skip
    loan = lent | ({"repayment_type": kind} if kind else {})
    assert statuses(spark, [loan], versions, date(2026, 1, 1)) == {"a": expected}
