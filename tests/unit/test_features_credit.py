"""What is owed on loans, and how late: until it is paid, whatever the calendar or the last report says."""

import pandas as pd
import pytest
from silver import computed, of_columns


def debts(spark, disbursed: str, *instalments: dict[str, str]) -> dict:
    """What is known of a loan of 12,000 over 12 months on 2024-05-10."""
    lent = {"loan_no": "L1", "principal_cny": "12000", "annual_rate": "0", "term_months": "12"}
    due = [{"loan_no": "L1", "due_cny": "1000", "paid_cny": "0", "days_past_due": "0"} | i for i in instalments]
    records = {"bank__loan": [lent | {"disbursed_date": disbursed}], "bank__instalment": due}
    names = ("existing_exposure_cny", "existing_debt_service_cny_month", "running_loan_count", "overdue_cny")
    [row] = computed(spark, records, features=of_columns(*names))
    return {name: row[name] for name in names}


def monthly(last: str, count: int, **changes: str) -> list[dict[str, str]]:
    ends = pd.date_range(end=last, periods=count, freq=pd.DateOffset(months=1))
    return [{"instalment_no": str(n), "due_date": f"{day:%F}"} | changes for n, day in enumerate(ends, 1)]


@pytest.mark.parametrize(
    ("disbursed", "instalments", "exposure", "service", "overdue"),
    [
        # a month before maturity, nothing repaid
        ("2023-06-05", monthly("2024-05-05", 11), 12000, 1000 + 11000 / 12, 11000),
        # a month before maturity, all repaid so far
        ("2023-06-05", monthly("2024-05-05", 11, paid_cny="1000"), 1000, 1000, 0),
        # long after it, nothing repaid
        ("2022-01-05", monthly("2023-01-05", 12), 12000, 1000, 12000),
        # long after it, half an instalment to go
        ("2022-01-05", monthly("2023-01-05", 1, paid_cny="500"), 500, 500 / 12, 500),
        # on the day of the last instalment, which isn't overdue yet
        ("2023-05-10", monthly("2024-05-10", 1, known_at="2024-01-01"), 1000, 1000, 0),
    ],
)
def test_a_loan_ends_when_it_is_repaid_and_not_at_maturity(spark, disbursed, instalments, exposure, service, overdue):
    assert debts(spark, disbursed, *instalments) == {
        "existing_exposure_cny": exposure,
        "existing_debt_service_cny_month": pytest.approx(service),
        "running_loan_count": 1,
        "overdue_cny": overdue,
    }


def test_a_loan_that_is_repaid_is_owed_no_more(spark):
    assert set(debts(spark, "2022-01-05", *monthly("2023-01-05", 12, paid_cny="1000")).values()) == {0}


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({"paid_cny": "0", "days_past_due": "30"}, 66),  # last reported on its 30th day, still unpaid
        ({"paid_cny": "999.99", "days_past_due": "30"}, 30),  # a rest of a fen grows no older, but was reported
        ({"paid_cny": "999.99", "days_past_due": "0"}, 0),
        ({"paid_cny": "990", "days_past_due": "0"}, 66),  # 10 CNY and 1 %
        ({"paid_cny": "1000", "paid_date": "2024-04-14", "days_past_due": "0"}, 40),
        ({"paid_cny": "1000", "paid_date": "2024-03-01", "days_past_due": "0"}, 0),
    ],
)
def test_an_unpaid_instalment_grows_older_without_a_report(spark, changes, days):
    one = {"loan_no": "L1", "instalment_no": "1", "due_date": "2024-03-05", "due_cny": "1000"} | changes
    [row] = computed(spark, {"bank__instalment": [one]}, features=of_columns("max_delay_days_12m"))
    assert row["max_delay_days_12m"] == days


HALF = {"disbursed_date": "2023-11-05", "annual_rate": "0.06"}  # six of twelve months to go
MISSED = {"instalment_no": "5", "due_date": "2024-04-05", "due_cny": "1030", "known_at": "2024-04-06"}


def owed(spark, lent: dict[str, str], *instalments: dict[str, str]) -> tuple[float, float, float, float]:
    """Exposure, monthly service, number of running loans and what is overdue, of 12,000 CNY over 12 months."""
    terms = lent | {"known_at": "2023-11-06"}
    records = {
        "bank__loan": [{"loan_no": "L1", "principal_cny": "12000", "term_months": "12"} | terms],
        "bank__instalment": [{"loan_no": "L1", "paid_cny": "0", "days_past_due": "0"} | each for each in instalments],
    }
    names = ("existing_exposure_cny", "existing_debt_service_cny_month", "running_loan_count", "overdue_cny")
    [row] = computed(spark, records, features=of_columns(*names))
    return tuple(row[name] for name in names)


@pytest.mark.parametrize(
    ("lent", "exposure", "service"),
    [
        # 12,000 (1 - 1.005^-6) / (1 - 1.005^-12), and 12,000 * 0.005 / (1 - 1.005^-12)
        ({"repayment_type": "equal_instalment"}, 6089.77, 1032.80),
        # three of four quarters to go: 12,000 (1 - 1.015^-3) / (1 - 1.015^-4), and 12,000 * 0.015 / (1 - 1.015^-4) / 3
        (
            {"repayment_type": "equal_instalment", "instalment_months": "3", "disbursed_date": "2023-12-05"},
            9066.66,
            1037.78,
        ),
        # once, after a year: 12,000 * 1.06 / 12, as a bullet loan
        ({"repayment_type": "equal_instalment", "instalment_months": "12"}, 12000, 1060),
        # three times, after each year: 12,000 * 0.06 / (1 - 1.06^-3) / 12
        ({"repayment_type": "equal_instalment", "instalment_months": "12", "term_months": "36"}, 12000, 374.11),
        # three times in 30 months: three of 4,489.32, of which two are to go
        ({"repayment_type": "equal_instalment", "instalment_months": "12", "term_months": "30"}, 8230.68, 448.93),
        ({"repayment_type": "equal_instalment", "annual_rate": "0"}, 6000, 1000),
        ({"repayment_type": "equal_principal"}, 6000, 1000 + 6000 * 0.005),
        ({"repayment_type": "equal_principal", "instalment_months": "3", "disbursed_date": "2023-12-05"}, 9000, 1045),
        ({"repayment_type": "interest_only"}, 12000, 60 + 1000),
        ({"repayment_type": "bullet"}, 12000, 12000 * 1.06 / 12),
        ({"repayment_type": "bullet", "term_months": "36"}, 12000, 12000 * 1.18 / 30),  # due in 30 months
        ({}, 6000, 1032.80),  # nobody says how: in a straight line
        # what the bank reports, before a schedule
        ({"repayment_type": "equal_instalment", "outstanding_cny": "4321.09"}, 4321.09, None),
        ({"repayment_type": "bullet", "outstanding_cny": "5000"}, 5000, None),
        ({"outstanding_cny": "12000", "repayment_type": "interest_only"}, 12000, None),
    ],
)
def test_what_is_owed_by_the_way_it_is_repaid(spark, lent, exposure, service):
    amounts = owed(spark, HALF | lent)
    assert amounts[0] == pytest.approx(exposure, abs=0.005)
    assert service is None or amounts[1] == pytest.approx(service, abs=0.006)
    assert amounts[2:] == (1, 0)


@pytest.mark.parametrize(
    ("lent", "instalments", "expected"),
    [
        # settled early, though a schedule goes on that nobody pays any more
        ({"closed_date": "2024-02-01", "outstanding_cny": "0"}, [MISSED], (0, 0, 0)),
        ({"closed_date": "2024-05-10"}, [], (0, 0, 0)),
        ({"outstanding_cny": "0"}, [], (0, 0, 0)),
        ({"closed_date": "2024-05-11"}, [], (6000, 1, 0)),  # not yet
        # overdue: principal not yet due, and the instalment with its interest, which is more than the balance
        ({"repayment_type": "equal_principal", "outstanding_cny": "7000"}, [MISSED], (7030, 1, 1030)),
        (
            {"repayment_type": "bullet", "disbursed_date": "2023-04-05"},
            [MISSED | {"due_cny": "12720"}],
            (12720, 1, 12720),
        ),
        # drawn out: its schedule is over, the bank reports a balance
        ({"disbursed_date": "2023-01-05", "outstanding_cny": "5000"}, [], (5000, 1, 0)),
        # one paid twice over doesn't pay another
        ({}, [MISSED, MISSED | {"instalment_no": "4", "due_date": "2024-03-05", "paid_cny": "2060"}], (7030, 1, 1030)),
        # the same row twice, and nothing due
        ({}, [MISSED, MISSED, MISSED | {"instalment_no": "4", "due_cny": "0"}], (7030, 1, 1030)),
    ],
)
def test_what_is_owed_when_it_is_not_repaid_as_planned(spark, lent, instalments, expected):
    amounts = owed(spark, HALF | lent, *instalments)
    assert (amounts[0], *amounts[2:]) == expected


def test_an_open_loan_beside_a_closed_one(spark):
    loans = [
        HALF | {"loan_no": f"L{n}", "principal_cny": "12000", "term_months": "12", "known_at": "2023-11-06"} | ending
        for n, ending in enumerate(({"closed_date": "2024-02-01"}, {"repayment_type": "bullet"}))
    ]
    due = [MISSED | {"loan_no": f"L{n}", "paid_cny": "0", "days_past_due": "0"} for n in range(2)]
    names = ("existing_exposure_cny", "running_loan_count", "overdue_cny")
    [row] = computed(spark, {"bank__loan": loans, "bank__instalment": due}, features=of_columns(*names))
    assert [row[name] for name in names] == [13030, 1, 1030]


REPORTED = {"outstanding_cny": "12000"}  # drawn out, or a bullet whose bank doesn't say so
IN_PARTS, SETTLED = {"repayment_type": "equal_principal"}, {"closed_date": "2024-02-01"}
MATURED = {"repayment_type": "bullet", "disbursed_date": "2023-01-05"}
UNPAID_BULLET = MISSED | {"due_date": "2024-01-05", "due_cny": "12720"}


@pytest.mark.parametrize(
    ("loans", "exposure"),
    [
        ([(REPORTED, []), (MATURED, [UNPAID_BULLET])], 24_720),
        ([(MATURED | REPORTED, []), (MATURED, [UNPAID_BULLET])], 24_720),
        ([(REPORTED | IN_PARTS, []), (IN_PARTS, [MISSED])], 19_030),
        ([(REPORTED, [MISSED]), ({}, [MISSED]), (MATURED, [UNPAID_BULLET]), (SETTLED, [MISSED])], 31_750),
    ],
)
def test_of_several_loans_as_much_is_owed_as_of_each_of_them(spark, loans, exposure):
    alone = [owed(spark, HALF | lent, *due) for lent, due in loans]
    lent = [
        {"principal_cny": "12000", "term_months": "12", "known_at": "2023-11-06"} | HALF | each | {"loan_no": f"L{n}"}
        for n, (each, _) in enumerate(loans)
    ]
    due = [
        {"paid_cny": "0", "days_past_due": "0"} | each | {"loan_no": f"L{n}"}
        for n, (_, reports) in enumerate(loans)
        for each in reports
    ]
    names = ("existing_exposure_cny", "existing_debt_service_cny_month", "running_loan_count", "overdue_cny")
    [row] = computed(spark, {"bank__loan": lent, "bank__instalment": due}, features=of_columns(*names))
    assert [row[name] for name in names] == pytest.approx([sum(each) for each in zip(*alone, strict=True)])
    assert row["existing_exposure_cny"] == exposure
