"""Every feature column against a value worked out by hand.

A case is a domain's records and what each of its columns must be on 2024-05-10: adding a feature means adding its
line here, or the test says that it has none.
"""

from statistics import fmean, pstdev

import pytest
from silver import DOMAINS, FEATURES, computed

# autumn 2023 isn't complete before August 2024, spring 2020 is older than three years
PLANTING = [
    dict(zip(
        ("season", "crop_code", "parcel_code", "sown_area_mu", "yield_kg", "price_cny_kg", "disaster_area_mu",
         "is_insured", "harvest_date"),
        row, strict=True,
    ))
    for row in [
        ("2023-spring", "rice", "p1", "10", "4000", "2.5", "2", "true", "2023-08-28"),
        ("2023-spring", "maize", "p2", "5", "2000", "2.4", "0", "false", "2023-08-01"),
        ("2022-autumn", "rapeseed", "p1", "10", "1400", "6", None, "true", "2023-05-05"),
        ("2023-perennial", "citrus", "p3", "5", "6000", "4", "0", "false", "2023-12-01"),
        ("2023-autumn", "mustard_tuber", "p1", "8", "20000", "0.9", "8", "true", "2024-02-10"),
        ("2021-spring", "rice", "p1", "10", "5000", "2", "5", "false", "2021-08-28"),
        ("2020-spring", "rice", "p9", "99", "5000", "2", "5", "false", "2020-08-28"),
    ]
]  # fmt: skip
ONE_HARVEST = [{
    "season": "2023-spring", "crop_code": "rice", "sown_area_mu": "10", "yield_kg": "11200", "price_cny_kg": "2.5",
    "harvest_date": "2023-08-28",
}]  # fmt: skip

BREEDING = [
    dict(zip(
        ("species_code", "cycle_no", "start_date", "end_date", "stocked_head", "died_head", "diseased_head",
         "sold_head", "price_cny_head", "is_insured", "is_vaccinated"),
        row, strict=True,
    ))
    for row in [
        ("pig", "1", "2022-10-01", "2023-03-01", "10", "1", "2", "9", "1500", "true", "true"),
        ("pig", "2", "2023-03-10", "2023-07-01", "10", "2", "0", "8", "1600", "false", "true"),
        ("pig", "3", "2023-07-10", "2023-11-01", "20", "0", "4", "20", "1400", "true", "false"),
        ("pig", "4", "2023-11-10", "2024-03-01", "20", "4", None, "16", "1500", "false", "true"),
        ("goat", "1", "2021-09-01", "2022-09-01", "5", "1", "1", "4", "900", "true", None),
    ]
]  # fmt: skip

# the fourth ended on the day, the fifth begins later
LAND = [
    dict(zip(
        ("contract_no", "direction", "area_mu", "rent_cny_mu_year", "signed_date", "valid_from_date", "valid_to_date",
         "is_registered"),
        row, strict=True,
    ))
    for row in [
        ("c1", "in", "10", "500", "2022-01-05", "2022-02-01", "2025-02-01", "true"),
        ("c2", "in", "30", "300", "2023-06-01", "2023-07-01", "2028-07-01", "false"),
        ("c3", "out", "4", "400", "2019-12-01", "2020-01-01", "2024-12-31", "true"),
        ("c4", "in", "77", "100", "2021-05-01", "2021-05-10", "2024-05-10", "true"),
        ("c5", "in", "88", "100", "2024-05-01", "2024-06-01", "2029-06-01", "true"),
    ]
]  # fmt: skip

HOUSES = [
    dict(zip(
        ("house_unit_no", "structure", "floor_area_m2", "homestead_area_m2", "floors", "built_year", "has_certificate",
         "is_dangerous", "registered_date"),
        row, strict=True,
    ))
    for row in [
        ("u1", "reinforced_concrete", "120", "100", "2", "2010", "true", "false", "2015-03-01"),
        ("u2", "earth_timber", "60", "80", "1", "1985", "false", "true", "2012-05-20"),
    ]
]  # fmt: skip

# the last one was booked in time, but wasn't known yet
TRANSACTIONS = [
    dict(zip(("booked_at", "direction", "amount_cny", "category"), row, strict=True))
    for row in [
        ("2024-04-20", "in", "1000", "crop_sale"),
        ("2024-03-15", "in", "300", "wage"),
        ("2024-02-20", "out", "200", "living"),
        ("2024-02-10", "in", "100", "subsidy"),
        ("2023-12-01", "out", "400", "input_purchase"),
        ("2023-11-20", "out", "150", "loan_repayment"),
        ("2023-08-01", "in", "2000", "livestock_sale"),
        ("2023-07-01", "out", "50", "mobile_payment"),
        ("2023-06-15", "in", "999", "transfer"),
        ("2023-05-10", "in", "70", "rent"),
        ("2024-05-09 20:00:00", "out", "5000", "living"),
    ]
]
BALANCES = [
    dict(zip(("account_no", "snapshot_date", "balance_cny"), row, strict=True))
    for row in [
        ("n1", "2023-06-30", "10"),
        ("n1", "2024-03-31", "500"),
        ("n1", "2024-04-30", "700"),
        ("n2", "2024-04-30", "50"),
    ]
]
CUSTOMERS = [{"customer_no": "C1", "opened_date": "2020-01-15", "has_off_farm_job": "true"}]

LOANS = [
    dict(zip(("loan_no", "principal_cny", "annual_rate", "term_months", "disbursed_date"), row, strict=True))
    for row in [("L1", "12000", "0.06", "12", "2023-09-05"), ("L2", "5000", "0.06", "6", "2022-01-10")]
]
# the last two are more than five years old, and one of them is still owed
INSTALMENTS = [
    dict(
        zip(
            ("loan_no", "instalment_no", "due_date", "due_cny", "paid_cny", "paid_date", "days_past_due"),
            row,
            strict=True,
        )
    )
    for row in [
        ("L1", "1", "2023-12-05", "1000", "1000", "2023-12-25", "20"),
        ("L1", "2", "2024-03-05", "1000", "0", None, "60"),
        ("L2", "3", "2022-08-05", "500", "500", "2022-08-05", "0"),
        ("L2", "1", "2022-04-10", "500", "500", "2022-07-14", "0"),
        ("L0", "1", "2019-01-05", "500", "500", "2019-09-05", "200"),
        ("L3", "1", "2018-03-05", "300", "100", None, "360"),
    ]
]  # fmt: skip
APPLICATIONS = [
    {"application_no": "a2", "applied_at": "2024-01-05", "status": "declined"},
    {"application_no": "a3", "applied_at": "2022-09-05", "status": "declined"},
    {"application_no": "a4", "applied_at": "2024-01-05", "status": "pending"},
]

CASES = {
    "planting": (
        {"farm__planting": PLANTING},
        {
            "sown_area_mu_2s": 30,
            "sown_area_mu_6s": 40,
            "crop_revenue_cny_2s": 47200,
            "crop_revenue_cny_6s": 57200,
            "crop_revenue_cny_mu_2s": 47200 / 30,
            "crop_revenue_cny_mu_6s": 1430,
            "disaster_area_ratio_2s": 2 / 30,
            "disaster_area_ratio_6s": 7 / 40,
            "insured_area_ratio_2s": 20 / 30,
            "insured_area_ratio_6s": 20 / 40,
            "perennial_area_ratio_2s": 5 / 30,
            "cash_crop_area_ratio_2s": 15 / 30,
            "crop_count_2s": 4,
            "crop_count_6s": 4,
            "crop_concentration_ratio_2s": (10**2 + 5**2 + 10**2 + 5**2) / 30**2,
            "grain_yield_kg_mu_2s": 400,
            "grain_yield_kg_mu_6s": 440,
            "parcel_count_2s": 3,
            "mean_sowing_mu_2s": 7.5,
            "planted_seasons_count_6s": 4,
            "crop_revenue_volatility_ratio_6s": pstdev([47200, 0, 10000]) / fmean([47200, 0, 10000]),
            "sown_area_trend_ratio": 30 * 3 / 40,
            "crop_revenue_trend_ratio": 47200 * 3 / 57200,
        },
    ),
    "breeding": (
        {"farm__breeding": BREEDING},
        {
            "mortality_ratio_3c": 7 / 55,
            "mortality_ratio_24m": 8 / 65,
            "disease_ratio_3c": 5 / 55,
            "disease_ratio_24m": 7 / 65,
            "sold_ratio_3c": 48 / 55,
            "vaccinated_ratio_3c": 30 / 55,
            "insured_stock_ratio_3c": 25 / 55,
            "cycle_days_3c": (113 + 114 + 112 + 365) / 4,
            "breeding_revenue_cny_12m": 64800,
            "breeding_revenue_cny_24m": 81900,
            "cycle_count_12m": 3,
            "cycle_count_24m": 5,
            "species_count_24m": 2,
            "breeding_idle_months": 2,
            "breeding_revenue_trend_ratio": 64800 / 17100,
        },
    ),
    "land": (
        {"farm__land_transfer": LAND, "farm__planting": ONE_HARVEST},
        {
            "rented_in_area_mu": 40,
            "rented_out_area_mu": 4,
            "rent_paid_cny_year": 14000,
            "rent_received_cny_year": 1600,
            "rent_cny_mu_year": 350,
            "lease_count": 2,
            "lease_remaining_months": (10 * 8 + 30 * 49) / 40,
            "lease_expiring_ratio": 10 / 40,
            "registered_lease_ratio": 10 / 40,
            "transfers_signed_count_24m": 2,
            "transfer_history_months": 53,
            "rent_to_crop_revenue_ratio": 0.5,
        },
    ),
    "housing": (
        {"housing__rural_house": HOUSES},
        {
            "house_count": 2,
            "floor_area_m2": 180,
            "homestead_area_m2": 180,
            "house_age_years": 14,
            "storey_count": 2,
            "has_certified_house": 1,
            "certified_floor_ratio": 120 / 180,
            "has_dangerous_house": 1,
            "concrete_floor_ratio": 120 / 180,
            "house_registered_months": 143,
        },
    ),
    "banking": (
        {"bank__transaction": TRANSACTIONS, "bank__account": BALANCES, "bank__customer": CUSTOMERS},
        {
            "income_cny_3m": 1300,
            "income_cny_6m": 1400,
            "income_cny_12m": 3400,
            "spending_cny_3m": 200,
            "spending_cny_6m": 750,
            "spending_cny_12m": 800,
            "net_inflow_cny_3m": 1100,
            "net_inflow_cny_6m": 650,
            "net_inflow_cny_12m": 2600,
            "crop_sale_cny_3m": 1000,
            "crop_sale_cny_6m": 1000,
            "crop_sale_cny_12m": 1000,
            "livestock_sale_cny_3m": 0,
            "livestock_sale_cny_6m": 0,
            "livestock_sale_cny_12m": 2000,
            "wage_cny_3m": 300,
            "wage_cny_6m": 300,
            "wage_cny_12m": 300,
            "input_purchase_cny_3m": 0,
            "input_purchase_cny_6m": 400,
            "input_purchase_cny_12m": 400,
            "living_cny_3m": 200,
            "living_cny_6m": 200,
            "living_cny_12m": 200,
            "subsidy_ratio_3m": 0,
            "subsidy_ratio_6m": 100 / 1400,
            "subsidy_ratio_12m": 100 / 3400,
            "repayment_to_income_ratio_3m": 0,
            "repayment_to_income_ratio_6m": 150 / 1400,
            "repayment_to_income_ratio_12m": 150 / 3400,
            "mobile_payment_ratio_3m": 0,
            "mobile_payment_ratio_6m": 0,
            "mobile_payment_ratio_12m": 1 / 9,
            "booking_count_3m": 3,
            "booking_count_6m": 6,
            "booking_count_12m": 9,
            "largest_income_cny_3m": 1000,
            "largest_income_cny_6m": 1000,
            "largest_income_cny_12m": 2000,
            "sale_months_3m": 1,
            "sale_months_6m": 1,
            "sale_months_12m": 2,
            "income_volatility_ratio_12m": pstdev([1000, 300, 100, 2000, *[0] * 8]) / fmean([3400, *[0] * 11]),
            "history_months": 8,
            "balance_cny": 750,
            "mean_balance_cny_12m": 420,
            "lowest_balance_cny_12m": 10,
            "account_count": 2,
            "customer_months": 51,
            "has_off_farm_job": 1,
            "income_trend_ratio": 1400 / 2000,
            "input_to_sale_ratio": 400 / 3000,
            "spending_to_income_ratio": 800 / 3400,
        },
    ),
    "credit": (
        {
            "bank__loan": LOANS,
            "bank__instalment": INSTALMENTS,
            "bank__application": APPLICATIONS,
            "bank__transaction": [
                {"booked_at": "2024-04-20", "direction": "in", "amount_cny": "5000", "category": "wage"}
            ],
            "farm__planting": ONE_HARVEST,
        },
        {
            "requested_cny": 10000,
            "requested_term_months": 12,
            "is_mobile_application": 1,
            "is_equipment_loan": 0,
            "is_consumer_loan": 0,
            "declined_count_12m": 1,
            "declined_count_24m": 2,
            "existing_exposure_cny": 4000 + 1200,
            "existing_debt_service_cny_month": 1032.80 + 1200 / 12,
            "running_loan_count": 2,
            "undue_principal_ratio": 4000 / 12000,
            "loan_count": 2,
            "largest_loan_cny": 12000,
            "borrowing_months": 28,
            "max_delay_days_12m": 66,
            "max_delay_days_24m": 66,
            "max_delay_days_60m": 95,
            "late_instalment_ratio_12m": 1,
            "late_instalment_ratio_24m": 2 / 3,
            "overdue_cny": 1200,
            "punctual_instalment_count_24m": 1,
            "repaid_cny_24m": 1500,
            "requested_to_income_ratio": 2,
            "instalment_to_income_ratio": 2,
            "debt_service_to_income_ratio": (1032.80 * 12 + 1200) / 5000,
            "exposure_to_income_ratio": 5200 / 5000,
            "farm_revenue_cny": 28000,
            "requested_cny_mu": 1000,
        },
    ),
}


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_feature_has_the_value_worked_out_by_hand(spark, domain):
    records, expected = CASES[domain]
    assert [c.name for c in FEATURES.columns if c.domain == domain and c.name not in expected] == []
    [row] = computed(spark, records)
    assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_nothing_known_is_null_and_not_zero_but_the_banks_own_books_are_complete(spark):
    [row] = computed(spark, {"farm__household_membership": []})
    known = {name for name, value in row.items() if value is not None} - {"application_id", "subject_key", "as_of"}
    request = {column.name for column in FEATURES.columns if column.kind == "request"}
    books = {"existing_exposure_cny", "existing_debt_service_cny_month", "running_loan_count", "loan_count",
             "overdue_cny", "declined_count_12m", "declined_count_24m", "punctual_instalment_count_24m",
             "repaid_cny_24m"}  # fmt: skip
    assert known == {"consent_ids"} | request | books
    assert row["consent_ids"] == []
    assert {row[name] for name in books} == {0}
