"""How a portfolio gets late: the month in which loans first were bad, roll rates, and the tables that show both."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from page_texts import CHINESE
from silver import of_repayment, silver

from features.engine import rolling
from features.outcome import LABEL
from pipeline.labels import page
from pipeline.results.modelers import Choice

TODAY = date(2024, 1, 10)
NOW = datetime(2024, 1, 10, tzinfo=UTC)
# lent on 2023-01-15, an instalment on the 15th of April and of July: when each was paid
PAID = {
    "in time": ("2023-04-15", "2023-07-15"),
    "late once": ("2023-05-20", "2023-07-15"),  # 35 days
    "bad and cured": ("2023-07-20", "2023-07-20"),  # 96 days
    "never": (None, None),
    "settled": ("2023-04-15", None),
}


@pytest.fixture(scope="module")
def lent(spark):
    loans, due = [], []
    for name, paid in PAID.items():
        closed = {"closed_date": "2023-06-20"} if name == "settled" else {}
        loans.append(
            {"loan_no": name, "application_no": name, "disbursed_date": "2023-01-15", "term_months": "6"} | closed
        )
        for k, (day, on) in enumerate(zip(("2023-04-15", "2023-07-15"), paid, strict=True)):
            settled = {"paid_date": on, "paid_cny": "1000"} if on else {"paid_cny": "0"}
            due.append({"loan_no": name, "instalment_no": f"{k}", "due_date": day, "due_cny": "1000",
                        "days_past_due": "0", "known_at": "2023-02-01"} | settled)  # fmt: skip
    return silver(spark, "bank__loan", loans), of_repayment(spark, due)


def test_a_loan_was_bad_from_the_first_month_at_whose_end_it_was_late_enough(lent):
    def months(**changes) -> dict[str, float]:
        label = LABEL.model_copy(update=changes)
        rows = rolling.first_bad(*lent, NOW, TODAY, label, 24).toPandas()
        assert sorted(rows["loan_no"]) == sorted(PAID)
        return rows.dropna().set_index("loan_no")["bad_month"].to_dict()

    assert months() == {"bad and cured": 6, "never": 6}  # 91 days on 2023-07-15
    assert months(bad_days=30) == {"late once": 4, "bad and cured": 4, "never": 4}
    assert months(bad_days=36) == {"bad and cured": 5, "never": 5}


def test_what_became_known_later_made_nobody_bad(lent):
    then = datetime(2023, 1, 31, tzinfo=UTC)
    assert rolling.first_bad(lent[0], lent[1], then, then.date(), LABEL, 24).dropna().count() == 0


def test_loans_roll_from_bucket_to_bucket_until_they_are_settled(lent):
    days = page.ends_of_months(date(2023, 8, 31), 6)
    assert days == [date(2023, m, d) for m, d in ((3, 31), (4, 30), (5, 31), (6, 30), (7, 31), (8, 31))]
    rows = rolling.rolls(*lent, NOW, days, LABEL).collect()
    assert {(r["bucket"], r["next"]): r["loans"] for r in rows} == {
        # in time: always; late once: from May on; bad and cured: from July on; settled: until May
        ("current", "current"): 5 + 3 + 1 + 2,
        ("current", "1-29"): 3,  # 15 days in April: late once, bad and cured, never
        ("1-29", "current"): 1,
        ("1-29", "30-59"): 2,  # 46 days in May
        ("30-59", "60-89"): 2,  # 76 days in June
        ("60-89", "current"): 1,
        ("60-89", "90+"): 1,
        ("90+", "90+"): 1,
        ("current", "closed"): 1,
    }


def test_a_cell_of_the_triangle_is_filled_once_every_loan_of_its_quarter_is_that_old():
    days = ["2023-01-10", "2023-02-20"] * 6 + ["2023-05-01"] * 9
    first = pd.DataFrame(
        {"disbursed_date": [date.fromisoformat(day) for day in days], "bad_month": [3.0, 6.0, *[None] * 19]}
    )
    shown = page.cohorts(first, date(2023, 9, 19))
    assert [(row["quarter"], row["loans"]) for row in shown] == [("2023Q1", 12), ("2023Q2", 9)]
    assert shown[0]["shares"] == pytest.approx({1: 0, 2: 0, 3: 1 / 12, 4: 1 / 12, 5: 1 / 12, 6: 2 / 12})
    assert shown[1]["shares"] == {}  # too few to tell of


def test_roll_rates_are_of_the_loans_that_began_in_a_bucket():
    moves = pd.DataFrame([("current", "current", 95), ("current", "1-29", 5), ("90+", "90+", 3)])
    rates = page.roll_rates(moves.set_axis(["bucket", "next", "loans"], axis=1))
    assert rates["current"] == {"n": 100, "shares": {"current": 0.95, "1-29": 0.05}}
    assert rates["90+"] == {"n": 3, "shares": {}}


@pytest.mark.parametrize("changes", [{}, {"judged": "at_end", "cure_months": 3, "indeterminate_days": 90}])
def test_the_page_is_wholly_in_the_language_of_the_workspace(changes):
    shown = {
        "cohorts": [{"quarter": "2023Q1", "loans": 12, "shares": {3: 1 / 12}}],
        "rolls": {"current": {"n": 1234, "shares": {"current": 0.95, "1-29": 0.05}}, "90+": {"n": 3, "shares": {}}},
        "choices": [Choice(12, 90, 80, 20, 5, 40, 0.2, 20 / 105, {"admission": 0.7512, "scorecard": None})],
    }
    label = LABEL.model_validate(LABEL.model_dump() | changes)
    en, zh, both = (
        page.render("is_bad", label, NOW, "UTC", languages, "CNY", **shown)
        for languages in (["en"], ["zh"], ["en", "zh"])
    )
    assert not CHINESE.search(en)
    assert "Roll rates" not in zh
    for text in (en, zh, both):
        for figure in ("8.3%", "1,234", "95.0%", "20.0%", "19.0%", "0.751"):
            assert figure in text
    assert ("current for 3 months" in en) == bool(changes)
    assert ("连续正常还款3个月" in zh) == bool(changes)
