"""Two years of bank transactions of many households as Parquet: the same rows for the same number, on any machine."""

from pathlib import Path

import duckdb

MONTHS = 24
FIRST_MONTH = "2022-05-01"

_HOUSEHOLDS = """
CREATE TABLE household AS
SELECT i, sha256('household ' || i) AS subject_key, 'A' || lpad(i::VARCHAR, 10, '0') AS application_id,
       TIMESTAMP '2024-05-01 08:00:00' + to_minutes((hash(i, 'as of') % 43200)::INT) AS as_of
FROM range({households}) AS numbers(i)
"""
_SPINE = "SELECT application_id, subject_key, as_of FROM household ORDER BY i"
# silver of bank__transaction, less columns that no engine reads; a booking is published a day or so later
_TRANSACTIONS = """
WITH drawn AS (
    SELECT i, subject_key, hash(i, {month}, 'category') % 100 AS kind, hash(i, {month}, 'amount') AS draw,
           DATE '{first}' + INTERVAL {month} MONTH + to_minutes((hash(i, {month}, 'when') % 40320)::INT) AS event_time
    FROM household
)
SELECT subject_key, NULL::VARCHAR AS consent_id,
       CASE WHEN kind < 42 OR kind >= 97 THEN 'in' ELSE 'out' END AS direction,
       CASE WHEN kind < 14 THEN 'crop_sale' WHEN kind < 21 THEN 'livestock_sale' WHEN kind < 27 THEN 'subsidy'
            WHEN kind < 40 THEN 'wage' WHEN kind < 42 THEN 'rent' WHEN kind < 60 THEN 'mobile_payment'
            WHEN kind < 72 THEN 'input_purchase' WHEN kind < 86 THEN 'living' WHEN kind < 92 THEN 'loan_repayment'
            ELSE 'transfer' END AS category,
       (0.01 + (draw % 1000) * (draw % 997) / 100)::DECIMAL(14, 2) AS amount_cny,
       event_time, event_time + to_minutes((draw % 4320)::INT) AS known_at
FROM drawn ORDER BY hash(i, {month})
"""


def generate(folder: Path, households: int) -> Path:
    """Write `spine.parquet` and `transactions/<month>.parquet` of so many households; what is there already stays.

    Args:
        folder: where to write.
        households: one application and 24 bookings each.

    Returns:
        The folder of this size.
    """
    target = folder / str(households)
    if (target / "spine.parquet").exists():
        return target
    (target / "transactions").mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(_HOUSEHOLDS.format(households=households))
        for month in range(MONTHS):
            select = _TRANSACTIONS.format(month=month, first=FIRST_MONTH)
            connection.execute(f"COPY ({select}) TO '{target}/transactions/{month:02}.parquet' (COMPRESSION zstd)")
        connection.execute(f"COPY ({_SPINE}) TO '{target}/spine.parquet' (COMPRESSION zstd)")
    return target
