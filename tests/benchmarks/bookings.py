"""Bookings in a PostgreSQL, as the bank's core system holds them: the same rows for the same number, on any machine."""

import duckdb

from sandbox.partners.postgres import OWNER, Postgres

BOOKINGS_EACH = 25  # of a customer

# The eighteenth character of a resident ID number is a check digit (GB 11643, ISO 7064 MOD 11-2).
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKED = " + ".join(f"{weight} * body[{place}]::INT" for place, weight in enumerate(_WEIGHTS, 1))
_CUSTOMERS = f"""
CREATE TABLE customer AS
SELECT i, body || '10X98765432'[1 + ({_CHECKED}) % 11] AS id_no FROM (
    SELECT i, '500102' || strftime(DATE '1950-01-01' + (i // 500)::INT, '%Y%m%d') || lpad((i % 500)::VARCHAR, 3, '0')
        AS body FROM range({{customers}}) AS numbers(i))
"""
_BOOKINGS = """
WITH drawn AS (
    SELECT n, n % {customers} AS i, hash(n, 'category') % 100 AS kind, hash(n, 'amount') AS draw,
           TIMESTAMPTZ '2023-01-01 00:00:00+00' + to_seconds(n * 63072000 // {rows}) AS booked_at
    FROM range({rows}) AS numbers(n)
)
SELECT 'T' || lpad(n::VARCHAR, 14, '0') AS transaction_no, '621700' || lpad(i::VARCHAR, 13, '0') AS account_no, id_no,
       booked_at, CASE WHEN kind < 42 OR kind >= 97 THEN 'in' ELSE 'out' END AS direction,
       (0.01 + (draw % 1000) * (draw % 997) / 100)::DECIMAL(14, 2) AS amount_cny,
       CASE WHEN kind < 14 THEN 'crop_sale' WHEN kind < 21 THEN 'livestock_sale' WHEN kind < 27 THEN 'subsidy'
            WHEN kind < 40 THEN 'wage' WHEN kind < 42 THEN 'rent' WHEN kind < 60 THEN 'mobile_payment'
            WHEN kind < 72 THEN 'input_purchase' WHEN kind < 86 THEN 'living' WHEN kind < 92 THEN 'loan_repayment'
            ELSE 'transfer' END AS category,
       CASE WHEN kind % 3 = 0 THEN 'mobile' ELSE 'counter' END AS channel,
       booked_at + to_minutes((draw % 4320)::INT) AS published_at
FROM drawn JOIN customer USING (i)
"""


def fill(server: Postgres, rows: int) -> None:
    """Put so many bookings of `core.transaction` into a server, in place of what it held."""
    with duckdb.connect() as source, server.connect(OWNER) as connection, connection.cursor() as cursor:
        customers = rows // BOOKINGS_EACH
        source.execute("SET TimeZone = 'UTC'")
        source.execute(_CUSTOMERS.format(customers=customers))
        bookings = source.sql(_BOOKINGS.format(rows=rows, customers=customers)).to_arrow_reader(100_000)
        cursor.execute("DROP TABLE IF EXISTS core.transaction")
        cursor.adbc_ingest("transaction", bookings, mode="create", db_schema_name="core")
        for statement in ("CREATE INDEX ON core.transaction (published_at)", "ANALYZE core.transaction"):
            cursor.execute(statement)
