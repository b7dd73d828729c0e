"""Spines and labels: which applications, and what became of them, as far as it was known."""

from datetime import UTC, datetime

import pytest
from silver import silver

from features.spine import APPLICATION, INSTALMENT, LOAN, TABLES, TRANSACTION, labels, scoring, training, undisbursed

NOW = datetime(2024, 6, 1, tzinfo=UTC)
APPLIED = {"product_code": "farm_credit", "requested_cny": "5000", "term_months": "12", "channel": "branch"}


def application(number: str, applied: str, status: str = "pending", **changes: str) -> dict[str, str]:
    return APPLIED | {"application_no": number, "applied_at": applied, "status": status, "known_at": applied} | changes


def loan(number: str, disbursed: str, **changes: str) -> dict[str, str]:
    """A loan over two years, so that its first year says nothing of how it ends."""
    lent = {"loan_no": f"L{number}", "application_no": number, "disbursed_date": disbursed, "term_months": "24"}
    return lent | changes


def instalment(number: str, due: str, delay: int, **changes: str) -> dict[str, str]:
    return {
        "loan_no": f"L{number}", "instalment_no": due[:7].replace("-", ""), "due_date": due, "due_cny": "100",
        "paid_cny": "100", "days_past_due": str(delay), "known_at": "2024-01-01",
    } | changes  # fmt: skip


@pytest.fixture(scope="module")
def labelled(spark):
    """Labels of a small bank as of NOW, by application."""

    def frames(**records):
        return {table: silver(spark, table, records.get(table, [])) for table in TABLES}

    def run(as_of=NOW, zone="UTC", **records):
        return {row["application_id"]: row for row in labels(frames(**records), as_of, zone).collect()}

    return run


def outcomes(rows: dict) -> dict[str, tuple]:
    return {number: (row["label_status"], row["is_default_12m"]) for number, row in rows.items()}


def test_the_four_outcomes_of_which_immature_comes_first(labelled):
    rows = labelled(
        bank__application=[application(n, "2023-01-10", "approved") for n in ("good", "late", "bad", "silent")]
        + [application(n, "2024-01-10", "approved") for n in ("young", "youngbad")]
        + [application("declined", "2023-01-10", "declined")],
        bank__loan=[loan(n, "2023-01-15") for n in ("good", "late", "bad", "silent")]
        + [loan(n, "2024-01-15") for n in ("young", "youngbad")],
        bank__instalment=[
            instalment("good", "2023-04-15", 29),
            instalment("good", "2023-07-15", 0),
            instalment("late", "2023-04-15", 89),
            instalment("bad", "2023-04-15", 0),
            instalment("bad", "2023-07-15", 90),
            instalment("young", "2024-02-15", 45),
            instalment("youngbad", "2024-02-15", 91),
        ],
    )
    assert outcomes(rows) == {
        "good": ("good", 0),
        "late": ("indeterminate", None),
        "bad": ("bad", 1),
        "silent": ("indeterminate", None),
        "young": ("immature", None),
        "youngbad": ("immature", None),
    }
    assert rows["good"].asDict() | {"net_income_12m_cny": None} == {
        "application_id": "good", "subject_key": "s1", "as_of": datetime(2023, 1, 10), "label_status": "good",
        "is_default_12m": 0, "net_income_12m_cny": None, "requested_amount": 5000.0, "term_months": 12,
        "product_code": "farm_credit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("due", "changes", "status"),
    [
        ("2023-10-17", {"days_past_due": "120"}, "bad"),
        ("2024-01-15", {"days_past_due": "120"}, "bad"),  # 90 days by 2024-04-14, whenever it was reported
        ("2024-01-15", {"days_past_due": "89"}, "indeterminate"),
        ("2024-01-16", {"days_past_due": "100"}, "good"),  # due after the year
        ("2023-04-15", {"paid_date": "2023-07-14", "days_past_due": "0"}, "bad"),  # paid, and shown as 0 again
        ("2023-04-15", {"paid_date": "2023-04-10", "days_past_due": "0"}, "good"),
        ("2024-01-15", {"paid_date": "2024-04-20", "days_past_due": "0"}, "bad"),  # late by then
        ("2023-10-17", {"paid_cny": "0", "days_past_due": "60"}, "bad"),  # unpaid, the mark of 90 days is missing
        ("2023-10-17", {"paid_cny": "90", "days_past_due": "60"}, "bad"),
        ("2023-10-17", {"paid_cny": "99", "days_past_due": "0"}, "good"),  # 1 CNY is no default
        ("2023-10-17", {"paid_cny": "99", "days_past_due": "60"}, "indeterminate"),  # but 60 days were late
        ("2023-12-17", {"paid_cny": "0", "days_past_due": "0"}, "bad"),  # 29 days by the end of the year, then more
    ],
)
def test_a_delay_counts_as_far_as_it_got_in_the_window(labelled, due, changes, status):
    rows = labelled(
        bank__application=[application("a", "2023-01-10")],
        bank__loan=[loan("a", "2023-01-15")],
        bank__instalment=[instalment("a", "2023-03-15", 0), instalment("a", due, 0, **changes)],
    )
    assert rows["a"]["label_status"] == status


@pytest.mark.parametrize(
    ("second", "instalments", "status"),
    [
        ("2023-03-04", [("b", "2023-09-15", 0)], "immature"),
        ("2023-03-03", [("b", "2023-09-15", 0)], "good"),
        ("2023-03-03", [("b", "2024-02-15", 90)], "bad"),  # more than a year after the first loan
        ("2023-03-03", [("b", "2023-09-15", 30)], "indeterminate"),
        ("2023-03-03", [], "indeterminate"),  # nothing reported of the second loan
    ],
)
def test_two_loans_of_an_application_are_judged_together_each_in_its_own_year(labelled, second, instalments, status):
    rows = labelled(
        bank__application=[application("a", "2023-01-10")],
        bank__loan=[loan("a", "2023-01-15"), loan("b", second, application_no="a")],
        bank__instalment=[instalment("a", "2023-04-15", 0), *(instalment(*each) for each in instalments)],
    )
    assert {number: row["label_status"] for number, row in rows.items()} == {"a": status}


def test_a_correction_that_moves_a_record_into_the_future_takes_it_away(labelled):
    rows = labelled(
        bank__application=[application("a", "2023-01-10"), application("b", "2023-01-10")],
        bank__loan=[
            *(loan(n, "2023-01-15") for n in "ab"),
            loan("b", "2024-06-15", known_at="2023-02-01"),  # never lent in 2023
        ],
        bank__instalment=[
            instalment("a", "2023-04-15", 95),
            instalment("a", "2024-07-15", 0, instalment_no="202304", known_at="2024-02-01"),
            *(instalment(n, "2023-10-15", 0) for n in "ab"),
        ],
    )
    assert outcomes(rows) == {"a": ("good", 0)}


def test_maturity_comes_on_the_day(labelled):
    book = {
        "bank__application": [application("a", "2023-05-25")],
        "bank__loan": [loan("a", "2023-06-01")],
        "bank__instalment": [instalment("a", "2023-09-01", 0)],
    }
    assert outcomes(labelled(datetime(2024, 8, 29, 23, tzinfo=UTC), **book)) == {"a": ("immature", None)}
    assert outcomes(labelled(datetime(2024, 8, 30, tzinfo=UTC), **book)) == {"a": ("good", 0)}


def test_what_was_not_known_does_not_count(labelled):
    rows = labelled(
        bank__application=[application("a", "2023-01-10"), application("b", "2023-01-10")],
        bank__loan=[loan("a", "2023-01-15"), loan("b", "2023-01-15", known_at="2024-06-02")],
        bank__instalment=[
            instalment("a", "2023-04-15", 95),
            instalment("a", "2023-04-15", 0, known_at="2024-02-01"),  # put right since
            instalment("a", "2023-07-15", 95, known_at="2024-06-01 00:00:01"),
        ],
    )
    assert outcomes(rows) == {"a": ("good", 0)}


def booking(day: str, direction: str, category: str, cny: str, **changes: str) -> dict[str, str]:
    return {"booked_at": day, "direction": direction, "category": category, "amount_cny": cny} | changes


def test_net_income_is_earnings_less_farm_costs_of_the_twelve_months(labelled):
    rows = labelled(
        bank__application=[
            application("a", "2023-01-10 12:00:00"),
            application("young", "2023-06-02"),
            application("quiet", "2023-01-10", subject_key="s2"),
        ],
        bank__loan=[
            loan("a", "2023-01-15"),
            loan("young", "2023-06-15"),
            loan("quiet", "2023-01-15", subject_key="s2"),
        ],
        bank__transaction=[
            booking("2023-01-10 11:59:59", "in", "crop_sale", "7"),
            booking("2023-01-10 12:00:00", "in", "crop_sale", "1000.10"),
            booking("2023-03-01", "in", "subsidy", "100"),
            booking("2023-03-01", "in", "wage", "10"),
            booking("2023-04-01", "in", "transfer", "9000"),
            booking("2023-05-01", "out", "input_purchase", "300"),
            booking("2023-05-01", "out", "rent", "50"),
            booking("2023-05-01", "out", "living", "500"),
            booking("2023-05-01", "out", "loan_repayment", "600"),
            booking("2024-01-09", "in", "livestock_sale", "20"),
            booking("2024-01-10", "in", "livestock_sale", "8"),
            booking("2023-05-02", "in", "wage", "3", known_at="2024-06-02"),
        ],
    )
    income = {number: row["net_income_12m_cny"] for number, row in rows.items()}
    assert income == {"a": pytest.approx(780.10, rel=1e-12), "young": None, "quiet": None}


def test_training_takes_lent_applications_as_they_were_made(spark):
    frames = {
        APPLICATION: silver(spark, APPLICATION, [
            application("a", "2023-01-10 08:00:00"),
            application("a", "2023-01-10 08:00:00", "approved", requested_cny="4000", known_at="2023-01-20"),
            application("b", "2023-02-10"),
        ]),
        LOAN: silver(spark, LOAN, [loan("a", "2023-01-25"), {**loan("a", "2023-01-25"), "loan_no": "L9"}]),
    }  # fmt: skip
    [row] = training(frames).collect()
    assert (row["application_id"], row["as_of"], row["requested_cny"]) == ("a", datetime(2023, 1, 10, 8), 5000)


def test_scoring_takes_what_is_pending_at_the_moment(spark):
    frames = {APPLICATION: silver(spark, APPLICATION, [
        application("open", "2024-05-20"),
        application("decided", "2024-05-20"),
        application("decided", "2024-05-20", "declined", known_at="2024-05-30"),
        application("decided later", "2024-05-20"),
        application("decided later", "2024-05-20", "approved", known_at="2024-06-02"),
        application("unknown yet", "2024-05-31", known_at="2024-06-01 00:00:01"),
    ])}  # fmt: skip
    rows = scoring(frames, NOW).orderBy("application_id").collect()
    assert [row["application_id"] for row in rows] == ["decided later", "open"]
    assert {row["as_of"] for row in rows} == {NOW.replace(tzinfo=None)}


def test_tables_are_those_that_labels_read():
    assert TABLES == (APPLICATION, LOAN, INSTALMENT, TRANSACTION)


def test_what_was_approved_counts_until_all_of_it_is_disbursed(spark):
    def approved(number: str, cny: str | None = "100000", **changes: str) -> dict[str, str]:
        approval = {"approved_cny": cny} if cny else {}
        return application(number, "2024-01-10", "approved") | approval | changes

    def lent(number: str, cny: str, disbursed: str = "2024-02-01", **changes: str) -> dict[str, str]:
        return loan(number, disbursed, principal_cny=cny, known_at="2024-02-02") | changes

    applications = [
        *(approved(number) for number in ("none", "part", "parts", "all", "ahead", "moved")),
        *(approved("again", known_at=f"2024-0{month}-10") for month in (1, 2, 5)),
        *(approved("raised", cny, known_at=known) for cny, known in (("1000", "2024-01-10"), ("2000", "2024-05-10"))),
        application("back", "2024-01-10", "approved"),
        application("back", "2024-01-10", "pending", known_at="2024-02-10"),
        application("back", "2024-01-10", "approved", known_at="2024-03-10"),
        approved("untold", None),
        application("pending", "2024-01-10"),
    ]
    loans = [
        lent("part", "30000"),
        *(lent("parts", "30000", loan_no=f"L{n}") for n in range(3)),
        lent("all", "100000"),
        lent("ahead", "100000", "2024-06-02"),
        *(
            lent("moved", "40000", day, known_at=known)
            for day, known in (("2024-02-01", "2024-02-02"), ("2024-07-01", "2024-02-03"))
        ),
        lent("untold", "3000"),
        lent("pending", "3000"),
    ]
    tables = {APPLICATION: silver(spark, APPLICATION, applications), LOAN: silver(spark, LOAN, loans)}
    rows = {row["application_id"]: row for row in undisbursed(tables, NOW).collect()}
    assert {number: (row["approved_amount"], f"{row['known_at']:%m-%d}") for number, row in rows.items()} == {
        "none": (100_000, "01-10"),
        "part": (70_000, "01-10"),
        "parts": (10_000, "01-10"),
        "ahead": (100_000, "01-10"),
        "moved": (100_000, "01-10"),
        "again": (100_000, "01-10"),
        "raised": (2000, "05-10"),
        "back": (None, "03-10"),
    }
