"""Spine and labels of the loans: the moment of each and its outcome. `as_of` is the day the SBA approved the loan."""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

LOAN = "sba__loan"
TABLES = (LOAN,)
REQUEST = [
    "approved_usd",
    "guaranteed_usd",
    "employee_count",
    "jobs_created_count",
    "jobs_retained_count",
    "business_age_code",
    "revolving_code",
    "low_doc_code",
    "urban_rural_code",
    "naics_code",
    "borrower_state",
    "bank_state",
]


def training(tables: dict[str, DataFrame]) -> DataFrame:
    """All loans, as they were approved.

    Args:
        tables: silver frame of `sba__loan`.

    Returns:
        `application_id` (the loan number), `subject_key` (null: a public record of no named person), `as_of` and
        the facts known of the loan then.
    """
    return tables[LOAN].select(
        F.col("loan_no").alias("application_id"), "subject_key", F.col("event_time").alias("as_of"), *REQUEST
    )


def scoring(tables: dict[str, DataFrame], as_of: datetime) -> DataFrame:
    """Loans whose outcome isn't known; a public record has no applications to decide.

    Args:
        tables: silver frame of `sba__loan`.
        as_of: the moment (UTC); facts that became known later don't count.
    """
    loans = tables[LOAN].where((F.col("known_at") <= F.lit(as_of)) & F.col("status").isNull())
    return training({LOAN: loans})


def labels(tables: dict[str, DataFrame], as_of: datetime, zone: str) -> DataFrame:
    """Outcomes of the loans over their whole life, as far as they were known at a moment.

    - `bad`: charged off (`CHGOFF`), whenever that was;
    - `good`: paid in full (`P I F`);
    - `indeterminate`: without status, excluded but counted.

    Args:
        tables: silver frame of `sba__loan`.
        as_of: the moment (UTC); facts that became known later don't count.
        zone: time zone in which days are counted; not used here.

    Returns:
        `application_id`, `subject_key`, `as_of` (of the loan), `label_status` and `is_charged_off` (1 bad, 0 good,
        else null).
    """
    loans = tables[LOAN].where(F.col("known_at") <= F.lit(as_of))
    return loans.select(
        F.col("loan_no").alias("application_id"),
        "subject_key",
        F.col("event_time").alias("as_of"),
        F.expr("CASE status WHEN 'CHGOFF' THEN 'bad' WHEN 'P I F' THEN 'good' ELSE 'indeterminate' END").alias(
            "label_status"
        ),
        F.expr("CASE status WHEN 'CHGOFF' THEN 1 WHEN 'P I F' THEN 0 END").alias("is_charged_off"),
    )
