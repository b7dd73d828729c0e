"""What is owed on loans, and how late: until it is paid, whatever the calendar or the last report says."""

import pandas as pd
import pytest
from silver import computed, of_columns


def debts(spark, disbursed: str, *instalments: dict[str, str]) -> dict:
    """What is known of a loan of 12,000 over 12 months on 2024-05-10."""
    lent = {"loan_no": "L1", "principal_cny": "12000", "annual_rate": "0", "term_months": "12"}
    due = [{"loan_no": "L1", "due_cny": "1000", "paid_cny": "0", "days_past_due": "0"} | i for i in instalments]
    records = {"bank__loan": [lent | {"disbursed_date": disbursed}], "bank__instalment": due}
    asked = ("existing_exposure_cny", "existing_debt_service_cny_month", "running_loan_count", "overdue_cny")
    [row] = computed(spark, records, features=of_columns(*asked))
    return {name: row[name] for name in asked}


def monthly(last: str, count: int, **given: str) -> list[dict[str, str]]:
    ends = pd.date_range(end=last, periods=count, freq=pd.DateOffset(months=1))
    return [{"instalment_no": str(n), "due_date": f"{day:%F}"} | given for n, day in enumerate(ends, 1)]


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
    ("given", "days"),
    [
        ({"paid_cny": "0", "days_past_due": "30"}, 66),  # last reported on its 30th day, still unpaid
        ({"paid_cny": "999.99", "days_past_due": "30"}, 66),
        ({"paid_cny": "1000", "paid_date": "2024-04-14", "days_past_due": "0"}, 40),
        ({"paid_cny": "1000", "paid_date": "2024-03-01", "days_past_due": "0"}, 0),
    ],
)
def test_an_unpaid_instalment_grows_older_without_a_report(spark, given, days):
    one = {"loan_no": "L1", "instalment_no": "1", "due_date": "2024-03-05", "due_cny": "1000"} | given
    [row] = computed(spark, {"bank__instalment": [one]}, features=of_columns("max_delay_days_12m"))
    assert row["max_delay_days_12m"] == days
