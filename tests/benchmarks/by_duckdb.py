"""The same features in SQL written by hand for DuckDB."""

from collections.abc import Callable
from pathlib import Path

import duckdb

_WINDOW = """
    coalesce(sum(amount_cny) FILTER (is_income AND {since}), 0) AS income_{w},
    coalesce(sum(amount_cny) FILTER (is_spending AND {since}), 0) AS spending_{w},
    coalesce(sum(amount_cny) FILTER (is_in AND category = 'crop_sale' AND {since}), 0) AS crop_sale_{w},
    coalesce(sum(amount_cny) FILTER (is_in AND category = 'livestock_sale' AND {since}), 0) AS livestock_sale_{w},
    coalesce(sum(amount_cny) FILTER (is_in AND category = 'wage' AND {since}), 0) AS wage_{w},
    coalesce(sum(amount_cny) FILTER (NOT is_in AND category = 'input_purchase' AND {since}), 0) AS input_purchase_{w},
    coalesce(sum(amount_cny) FILTER (NOT is_in AND category = 'living' AND {since}), 0) AS living_{w},
    coalesce(sum(amount_cny) FILTER (is_in AND category = 'subsidy' AND {since}), 0) AS subsidy_{w},
    coalesce(sum(amount_cny) FILTER (NOT is_in AND category = 'loan_repayment' AND {since}), 0) AS repaid_{w},
    count(*) FILTER (category = 'mobile_payment' AND {since}) AS mobile_payments_{w},
    count(*) FILTER ({since}) AS bookings_{w},
    max(amount_cny) FILTER (is_income AND {since}) AS largest_income_{w},
    bit_count(coalesce(bit_or(1::BIGINT << age) FILTER (is_sale AND {since}), 0)) AS sale_months_{w},
"""
_MONTH = """
    coalesce(sum(amount_cny) FILTER (is_income AND age = {k}), 0)::DOUBLE AS income_of_month_{k},
"""
_RESULT = """
    income_{w}::DOUBLE AS income_cny_{w},
    spending_{w}::DOUBLE AS spending_cny_{w},
    (income_{w} - spending_{w})::DOUBLE AS net_inflow_cny_{w},
    crop_sale_{w}::DOUBLE AS crop_sale_cny_{w},
    livestock_sale_{w}::DOUBLE AS livestock_sale_cny_{w},
    wage_{w}::DOUBLE AS wage_cny_{w},
    input_purchase_{w}::DOUBLE AS input_purchase_cny_{w},
    living_{w}::DOUBLE AS living_cny_{w},
    subsidy_{w}::DOUBLE / nullif(income_{w}, 0) AS subsidy_ratio_{w},
    repaid_{w}::DOUBLE / nullif(income_{w}, 0) AS repayment_to_income_ratio_{w},
    mobile_payments_{w}::DOUBLE / nullif(bookings_{w}, 0) AS mobile_payment_ratio_{w},
    bookings_{w}::DOUBLE AS booking_count_{w},
    largest_income_{w}::DOUBLE AS largest_income_cny_{w},
    sale_months_{w}::DOUBLE AS sale_months_{w},
"""
_QUERY = """
WITH application AS (
    SELECT application_id, subject_key, as_of, year(as_of) * 12 + month(as_of) AS as_of_month, day(as_of) AS as_of_day
    FROM read_parquet('{folder}/spine.parquet')
),
booking AS (
    SELECT subject_key, amount_cny, category, event_time, known_at,
           year(event_time) * 12 + month(event_time) AS booked_month, day(event_time) AS booked_day,
           direction = 'in' AS is_in,
           direction = 'in' AND category IN
               ('crop_sale', 'livestock_sale', 'subsidy', 'wage', 'rent', 'mobile_payment') AS is_income,
           direction = 'in' AND category IN ('crop_sale', 'livestock_sale') AS is_sale,
           direction = 'out' AND category <> 'transfer' AS is_spending
    FROM read_parquet('{folder}/transactions/*.parquet')
),
known AS (
    SELECT application_id, amount_cny, category, is_in, is_income, is_sale, is_spending,
           as_of_month - booked_month - (booked_day > as_of_day)::INT AS age
    FROM application JOIN booking USING (subject_key)
    WHERE event_time < as_of AND known_at <= as_of AND as_of_month - booked_month <= 24
),
total AS (
    SELECT application_id, {aggregates}
           bit_count(bit_or(1::BIGINT << age)) AS history
    FROM known WHERE age < 24 GROUP BY application_id
)
SELECT application_id, {results}
       sqrt(list_var_pop([{months}])) / nullif(list_avg([{months}]), 0) AS income_volatility_ratio_12m,
       history::DOUBLE AS history_months
FROM application LEFT JOIN total USING (application_id)
"""


def start() -> Callable[[Path, Path], None]:
    """Open DuckDB with its defaults: all cores, no order to keep."""
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")

    def run(folder: Path, target: Path) -> None:
        connection.execute(f"COPY ({query(folder)}) TO '{target}.parquet' (COMPRESSION zstd)")

    return run


def query(folder: Path) -> str:
    """The whole query; the blocks above are written once and repeated for each window."""
    windows, ages = {"3m": "age < 3", "6m": "age < 6", "12m": "age < 12"}, range(12)
    return _QUERY.format(
        folder=folder,
        aggregates="".join(_WINDOW.format(w=w, since=since) for w, since in windows.items())
        + "".join(_MONTH.format(k=k) for k in ages),
        results="".join(_RESULT.format(w=w) for w in windows),
        months=", ".join(f"income_of_month_{k}" for k in ages),
    )
