"""Days and months of features and labels begin at the midnight of their zone, whatever hour that is in UTC."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from silver import computed, of_columns, silver

from conf.schema.clock import day, local, midnight
from features.spine import TABLES, labels

SHANGHAI = "Asia/Shanghai"
COUNTS = of_columns("booking_count_3m", "booking_count_6m", "booking_count_12m", "history_months")


def shown(moment: datetime, zone: str) -> str:
    return str(local(moment, zone).replace(tzinfo=None))


def age(then: date, today: date) -> int:
    """Completed months."""
    return (today.year - then.year) * 12 + today.month - then.month - (today.day < then.day)


def near(random: Random, zone: str) -> datetime:
    """A moment close to a midnight of the zone or of UTC, often at the end of a month or in a night that is short."""
    days = (date(2023, 12, 31), date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 31), date(2024, 3, 1),
            date(2024, 10, 27), date(2024, 11, 3), date(2024, 3, 10), date(2024, 4, 26))  # fmt: skip
    chosen = random.choice(days) - timedelta(days=random.choice((0, 0, 1, 30, 91, 182, 366)))
    begin = midnight(chosen, random.choice((zone, "UTC")))
    return begin + timedelta(seconds=random.choice((-3601, -1, 0, 1, 1800, 3599)))


@pytest.mark.parametrize(
    "zone", ["UTC", SHANGHAI, "Europe/Berlin", "America/New_York", "Africa/Cairo", "Pacific/Auckland"]
)
@given(random=st.randoms(use_true_random=True))
@settings(max_examples=1, derandomize=True, phases=[Phase.generate])
def test_month_windows_count_days_of_the_zone(spark, zone, random):
    rows, applications, expected = [], [], {}
    for name in (f"w{n:03}" for n in range(150)):
        as_of = near(random, zone)
        applications.append({"application_id": name, "subject_key": name, "as_of": shown(as_of, zone)})
        booked = [at for _ in range(8) if local(at := near(random, zone), zone).fold == 0 and at < as_of]
        if local(as_of, zone).fold:
            applications.pop()
            continue
        ages = [age(day(at, zone), day(as_of, zone)) for at in booked]
        rows += [
            {"transaction_no": f"{name}{n}", "subject_key": name, "amount_cny": "1", "direction": "in",
             "category": "wage", "booked_at": shown(at, zone), "event_time": shown(at, zone),
             "known_at": "2020-01-01"}
            for n, at in enumerate(booked)
        ]  # fmt: skip
        counts = {f"booking_count_{n}m": sum(a < n for a in ages) for n in (3, 6, 12)}
        within = [a for a in ages if a < 24]
        expected[name] = counts | {"history_months": len(set(within))} if within else dict.fromkeys(COUNTS.names)
    counted = {
        row["application_id"]: {name: row[name] for name in COUNTS.names}
        for row in computed(spark, {"bank__transaction": rows}, *applications, features=COUNTS, zone=zone)
    }
    assert counted == expected


def lease(**changes: str) -> dict[str, str]:
    return {
        "contract_no": "1", "direction": "in", "area_mu": "10", "signed_date": "2020-01-01",
        "valid_from_date": "2020-01-01", "valid_to_date": "2024-03-01",
    } | changes  # fmt: skip


DAYS = {
    "farm__land_transfer": [lease()],
    "bank__instalment": [
        {"loan_no": "L", "instalment_no": "1", "due_date": "2024-02-29", "due_cny": "100", "paid_cny": "0",
         "days_past_due": "0", "known_at": "2024-01-01"},
    ],
    "housing__rural_house": [
        {"house_unit_no": "1", "built_year": "2004", "floor_area_m2": "1", "registered_date": "2023-12-31"}
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("as_of", "area", "overdue"),
    [
        ("2024-02-29 00:00:01", 10, 0),
        ("2024-02-29 23:59:59", 10, 0),
        ("2024-03-01 00:00:00", 0, 100),
        ("2024-03-01 07:59:59", 0, 100),  # still the 29th in UTC
        ("2024-03-01 08:00:01", 0, 100),
    ],
)
def test_leases_end_and_payments_are_late_at_midnight_in_beijing(spark, as_of, area, overdue):
    features = of_columns("rented_in_area_mu", "overdue_cny", "max_delay_days_12m", "house_age_years")
    [row] = computed(spark, DAYS, {"as_of": as_of}, features=features, zone=SHANGHAI)
    late = 1 if overdue else 0
    assert (row["rented_in_area_mu"], row["overdue_cny"], row["max_delay_days_12m"]) == (area, overdue, late)
    assert row["house_age_years"] == 20


def test_a_house_is_a_year_older_at_new_year_in_beijing(spark):
    features = of_columns("house_age_years")
    for as_of, years in (("2024-12-31 23:59:59", 20), ("2025-01-01 00:00:00", 21), ("2025-01-01 07:00:00", 21)):
        [row] = computed(spark, DAYS, {"as_of": as_of}, features=features, zone=SHANGHAI)
        assert row["house_age_years"] == years


def labelled(spark, as_of: datetime, zone: str, applied: str = "2024-02-29 02:00:00"):
    terms = {"product_code": "farm_credit", "requested_cny": "5000", "term_months": "12", "channel": "branch"}
    rows = {
        "bank__application": [
            terms | {"application_no": "A", "applied_at": applied, "status": "approved", "known_at": applied}
        ],
        "bank__loan": [{"loan_no": "L", "application_no": "A", "disbursed_date": "2024-03-01"}],
        "bank__instalment": [
            {"loan_no": "L", "instalment_no": "1", "due_date": "2024-11-01", "due_cny": "100", "paid_cny": "0",
             "days_past_due": "0", "known_at": "2024-11-01"}
        ],
        "bank__transaction": [
            {"transaction_no": f"{n}", "amount_cny": "1", "direction": "in", "category": "wage", "booked_at": at,
             "known_at": "2024-03-01"}
            for n, at in enumerate(("2024-02-29 01:59:59", "2024-02-29 02:00:01", "2025-02-27 23:59:59",
                                    "2025-02-28 00:00:00"))
        ],
    }  # fmt: skip
    [row] = labels({table: silver(spark, table, rows[table], zone) for table in TABLES}, as_of, zone).collect()
    return row


def test_the_window_of_a_loan_is_over_at_midnight_in_beijing(spark):
    for as_of, status in (("2025-05-29T15:59:59", "immature"), ("2025-05-29T16:00:00", "bad")):
        moment = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
        assert labelled(spark, moment, SHANGHAI)["label_status"] == status


def test_income_counts_from_the_application_to_the_end_of_its_day_a_year_later(spark):
    early, late = datetime(2025, 2, 27, 15, 59, 59, tzinfo=UTC), datetime(2025, 2, 27, 16, tzinfo=UTC)
    assert labelled(spark, early, SHANGHAI)["net_income_12m_cny"] is None
    assert labelled(spark, late, SHANGHAI)["net_income_12m_cny"] == 2  # 2024-02-29 has no day of its own in 2025
