"""Arrears that don't matter to the label don't matter to features either: one declaration for both."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from silver import computed, of_columns, of_repayment, silver

from features.engine.performance import became
from features.outcome import LABEL

NAMES = (
    "max_delay_days_24m", "late_instalment_ratio_12m", "overdue_cny", "running_loan_count", "existing_exposure_cny",
)  # fmt: skip
LENT = {"principal_cny": "12000", "annual_rate": "0", "term_months": "12", "disbursed_date": "2022-12-05"}


def features_of(spark, *paid: tuple, **changes: str) -> tuple:
    """What features say on 2024-05-10 of monthly instalments, each of what is due and what is paid, from 2023-06-05."""
    due = [
        {"loan_no": "L1", "instalment_no": str(k), "due_date": f"2023-{6 + k:02}-05", "due_cny": cny, "paid_cny": part,
         "days_past_due": "0"} | changes
        for k, (cny, part) in enumerate(paid)
    ]  # fmt: skip
    records = {"bank__loan": [LENT | {"loan_no": "L1"}], "bank__instalment": due}
    [row] = computed(spark, records, features=of_columns(*NAMES))
    return tuple(row[name] for name in NAMES)


OLD, YOUNGER = 340, 310  # days from 2023-06-05 and 2023-07-05


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ([("1000", "999.99")], (0, 0, 0, 0, 0.01)),
        ([("1000", "990.01")], (0, 0, 0, 0, 9.99)),
        ([("1000", "990")], (OLD, 1, 10, 1, 10)),  # 10 CNY and 1 %
        ([("50000", "49500.01")], (0, 0, 0, 0, 499.99)),
        ([("50000", "49500")], (OLD, 1, 500, 1, 500)),
        ([("900", "890.01")], (0, 0, 0, 0, 9.99)),  # more than 1 %, less than 10 CNY
        ([("8.50", "0")], (0, 0, 0, 0, 8.5)),
        # rests of 9 CNY of 9 add up from the second on
        ([("9", "0"), ("9", "0")], (YOUNGER, 0.5, 9, 1, 18)),
        ([("9", "0"), ("1000", "991")], (YOUNGER, 0.5, 9, 1, 18)),
        # 0.9 % of each stays below the share, together too
        ([("5000", "4955")] * 5, (0, 0, 0, 0, 225)),
        ([("1000", "0")], (OLD, 1, 1000, 1, 1000)),
    ],
)
def test_a_rest_counts_from_a_sum_and_a_share_on_and_is_owed_all_the_same(spark, paid, expected):
    assert features_of(spark, *paid) == pytest.approx(expected)


def test_days_that_the_bank_reports_count_whatever_is_left(spark):
    assert features_of(spark, ("1000", "999.99"), days_past_due="45")[:2] == (45, 1)


def test_rests_of_another_loan_add_nothing(spark):
    due = [
        {"loan_no": f"L{n}", "instalment_no": "1", "due_date": "2023-06-05", "due_cny": "9", "paid_cny": "0",
         "days_past_due": "0"}
        for n in (1, 2)
    ]  # fmt: skip
    records = {"bank__loan": [LENT | {"loan_no": f"L{n}"} for n in (1, 2)], "bank__instalment": due}
    [row] = computed(spark, records, features=of_columns(*NAMES))
    assert row["max_delay_days_24m"] == row["overdue_cny"] == 0
    assert row["existing_exposure_cny"] == 18


def test_features_and_label_agree_on_what_matters(spark):
    """Of loans with all kinds of rests, older than 90 days: bad where features see a delay, good elsewhere."""
    random = Random(11)
    sums, rests = ("9", "40", "1000", "5000", "50000"), ("0", "0", "0.01", "4", "9", "45", "9.99", "10", "499", "1000")
    loans, due = [], []
    for n in range(80):
        loans.append(LENT | {"loan_no": f"L{n}", "application_no": f"a{n}", "subject_key": f"s{n}"})
        for k in range(random.randint(1, 6)):
            cny = random.choice(sums)
            rest = min(float(random.choice(rests)), float(cny))
            day = date(2023, 1, 5) + timedelta(days=30 * k)
            due.append(
                {"loan_no": f"L{n}", "instalment_no": str(k), "due_date": f"{day}", "due_cny": cny,
                 "paid_cny": f"{float(cny) - rest:.2f}", "days_past_due": "0", "subject_key": f"s{n}"}
            )  # fmt: skip
    applications = [{"application_id": f"a{n}", "subject_key": f"s{n}"} for n in range(80)]
    rows = computed(
        spark, {"bank__loan": loans, "bank__instalment": due}, *applications, features=of_columns("max_delay_days_24m")
    )
    seen = {row["application_id"]: "bad" if row["max_delay_days_24m"] else "good" for row in rows}
    lent, owed = silver(spark, "bank__loan", loans), of_repayment(spark, due)
    status = became(lent, owed, datetime(2024, 5, 10, tzinfo=UTC), "UTC", LABEL).collect()
    labels = {row["application_id"]: row["label_status"] for row in status}
    assert seen == labels
    assert 20 < list(labels.values()).count("bad") < 60
