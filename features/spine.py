"""Spine and labels of this workspace: its applications, the moment of each, and their outcomes.

A spine has one row per application. Only `labels` may use facts from after an application's own `as_of`, and only facts
that had happened and were known by the moment that it is called with.
"""

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from conf.schema.clock import day, local_sql, midnight, zoned_sql
from features.engine.performance import became
from features.engine.versions import newest, oldest

from .banking import INCOME
from .outcome import LABEL

APPLICATION, LOAN = "bank__application", "bank__loan"
INSTALMENT, TRANSACTION = "bank__instalment", "bank__transaction"
TABLES = (APPLICATION, LOAN, INSTALMENT, TRANSACTION)
REQUEST = ["requested_cny", "term_months", "product_code", "channel"]
INCOME_MONTHS = 12
# Costs of earning an income. INCOME and these leave out transfers between own accounts, loan money and living expenses.
FARM_COST = "direction = 'out' AND category IN ('input_purchase', 'rent')"


def training(tables: dict[str, DataFrame]) -> DataFrame:
    """Applications that became loans, as they were made.

    Args:
        tables: silver frames of `bank__application` and `bank__loan`.

    Returns:
        `application_id`, `subject_key`, `as_of` (the moment of the application) and the requested terms.
    """
    lent = tables[LOAN].select("application_no").distinct()
    made = oldest(tables[APPLICATION], ["application_no"])
    return _spine(made.join(lent, "application_no", "left_semi"), F.col("applied_at"))


def declined(tables: dict[str, DataFrame]) -> DataFrame:
    """Applications that were declined and didn't become loans, as they were made.

    Args:
        tables: silver frames of `bank__application` and `bank__loan`.

    Returns:
        The same columns as `training`.
    """
    turned_down = newest(tables[APPLICATION], ["application_no"]).where("status = 'declined'").select("application_no")
    lent = tables[LOAN].select("application_no").distinct()
    made = oldest(tables[APPLICATION], ["application_no"]).join(turned_down, "application_no", "left_semi")
    return _spine(made.join(lent, "application_no", "left_anti"), F.col("applied_at"))


def scoring(tables: dict[str, DataFrame], as_of: datetime) -> DataFrame:
    """Applications that are pending, to be decided on what is known now.

    Args:
        tables: silver frame of `bank__application`.
        as_of: the moment of decision (UTC).

    Returns:
        `application_id`, `subject_key`, `as_of` (the moment of decision) and the requested terms.
    """
    known = tables[APPLICATION].where(F.col("known_at") <= F.lit(as_of))
    return _spine(newest(known, ["application_no"]).where("status = 'pending'"), F.lit(as_of))


def terms(applications: DataFrame) -> DataFrame:
    """The requested terms: `application_id`, `requested_amount` (double), `term_months`, `product_code`.

    Args:
        applications: silver frame of `bank__application`.
    """
    return newest(applications, ["application_no"]).select(
        F.col("application_no").alias("application_id"),
        F.col("requested_cny").cast("double").alias("requested_amount"),
        "term_months",
        "product_code",
    )


def undisbursed(tables: dict[str, DataFrame], as_of: datetime) -> DataFrame:
    """Applications that are pending, or approved and not yet wholly disbursed, by what is known at a moment.

    A loan whose day of disbursement is in the future isn't disbursed yet. If the approved amount wasn't reported, any
    disbursed loan counts as the whole amount.

    Args:
        tables: silver frames of `bank__application` and, if there is one, of `bank__loan`.
        as_of: the moment (UTC).

    Returns:
        `application_id`, `subject_key`, `as_of` (the moment), `applied_at`, `status`, `known_at` (since when it has
        this status and approved amount; a repeated delivery doesn't change it), `requested_amount`, `approved_amount`
        (double, less the disbursed sum; null if it wasn't reported), `term_months`, `product_code`.
    """
    known = {name: rows.where(F.col("known_at") <= F.lit(as_of)) for name, rows in tables.items()}
    standing = newest(_since(known[APPLICATION]), ["application_no"]).where("status IN ('pending', 'approved')")
    if LOAN in known:
        disbursed = newest(known[LOAN], ["loan_no"]).where(F.col("event_time") < F.lit(as_of))
        paid = disbursed.groupBy("application_no").agg(F.sum("principal_cny").alias("_paid_cny"))
        standing = (
            standing.join(paid, "application_no", "left")
            .where("_paid_cny IS NULL OR (status = 'approved' AND approved_cny > _paid_cny)")
            .withColumn("approved_cny", F.expr("approved_cny - COALESCE(_paid_cny, 0)"))
        )
    return standing.select(
        F.col("application_no").alias("application_id"),
        "subject_key",
        F.lit(as_of).alias("as_of"),
        "applied_at",
        "status",
        F.col("_since").alias("known_at"),
        F.col("requested_cny").cast("double").alias("requested_amount"),
        F.col("approved_cny").cast("double").alias("approved_amount"),
        "term_months",
        "product_code",
    )


def book(tables: dict[str, DataFrame], as_of: datetime) -> tuple[DataFrame, dict[str, DataFrame]]:
    """Single loans, so that the features of debts, computed for these loans from these tables, give the debt on each.

    Args:
        tables: silver frames of `bank__loan` and `bank__instalment`.
        as_of: the moment (UTC); a loan counts from just after its disbursement, when `undisbursed` drops it.

    Returns:
        One row per loan, with its number as `application_id`, `subject_key` (the borrower), `as_of` and
        `product_code`; and the tables, with the loan's number as `subject_key`.
    """
    known = tables[LOAN].where(F.col("known_at") <= F.lit(as_of))
    loans = newest(known, ["loan_no"]).select(
        F.col("loan_no").alias("application_id"), "subject_key", F.lit(as_of).alias("as_of"), "product_code"
    )
    return loans, {name: tables[name].withColumn("subject_key", F.col("loan_no")) for name in (LOAN, INSTALMENT)}


def repayment(tables: dict[str, DataFrame]) -> tuple[DataFrame, DataFrame]:
    """All versions of loans and of their instalments.

    Args:
        tables: silver frames of `bank__loan` and `bank__instalment`.
    """
    return tables[LOAN], _instalments(tables[INSTALMENT])


def labels(tables: dict[str, DataFrame], as_of: datetime, zone: str) -> DataFrame:
    """Outcomes of the applications that became loans, as far as they were known at a moment.

    The status follows from all loans of an application, by the declaration in `conf/labels.yaml`:

    - `immature`: the 12 months since disbursement of a loan and the 90 days after them haven't passed, so the outcome
      isn't known yet. Loans that are bad or settled already wait, too; without the other loans of their months they
      would show more risk, or less, than there is. A longer bullet loan is watched until 90 days after the maturity in
      its first terms, even if it is prolonged;
    - `bad`: an instalment that fell due in the 12 months (or at that maturity) became 90 or more days past due in the
      window, with arrears that matter;
    - `indeterminate`: 30 to 89 days past due, or no due instalment of a loan was reported: excluded, but counted;
    - `good`: all others.

    Net income is what was paid in over the 12 months after the application from sales, subsidies, wages, rent and
    mobile payments, less farm inputs and land rent paid. Living, loan repayment and transfers are left out.

    Args:
        tables: silver frames of `TABLES`.
        as_of: the moment (UTC); facts that happened or became known later don't count.
        zone: time zone in which days and months are counted.

    Returns:
        `application_id`, `subject_key`, `as_of` (of the application), `label_status`, `is_default_12m` (1 bad, 0 good,
        else null), `net_income_12m_cny` (double, null until 12 months have passed or without any booking),
        `requested_amount`, `term_months`, `product_code`.
    """
    happened = F.col("event_time") <= F.lit(as_of)
    known = {name: tables[name].where(F.col("known_at") <= F.lit(as_of)) for name in TABLES}
    loans = newest(known[LOAN], ["loan_no"]).where(happened)
    spine = training({APPLICATION: known[APPLICATION].where(happened), LOAN: loans})
    status = became(known[LOAN], _instalments(known[INSTALMENT]), as_of, zone, LABEL)
    labelled = (
        spine.join(status, "application_id")
        .join(_net_income(spine, known[TRANSACTION].where(happened), as_of, zone), "application_id", "left")
        .withColumn("is_default_12m", F.expr("CASE label_status WHEN 'bad' THEN 1 WHEN 'good' THEN 0 END"))
    )
    return labelled.select(
        "application_id",
        "subject_key",
        "as_of",
        "label_status",
        "is_default_12m",
        "net_income_12m_cny",
        F.col("requested_cny").cast("double").alias("requested_amount"),
        "term_months",
        "product_code",
    )


def _instalments(rows: DataFrame) -> DataFrame:
    return rows.withColumnsRenamed({"due_cny": "due_amount", "paid_cny": "paid_amount"})


def _spine(applications: DataFrame, as_of: Column) -> DataFrame:
    return applications.select(
        F.col("application_no").alias("application_id"), "subject_key", as_of.alias("as_of"), *REQUEST
    )


def _since(applications: DataFrame) -> DataFrame:
    """Versions with `_since`: when the newest status and approved amount of their application became known."""
    application = Over.partitionBy("application_no")
    in_turn = application.orderBy("known_at", "_row_hash")
    same = [F.lag(name).over(in_turn).eqNullSafe(F.col(name)) for name in ("status", "approved_cny")]
    changed = applications.withColumn("_told_at", F.when(~(same[0] & same[1]), F.col("known_at")))
    return changed.withColumn("_since", F.max("_told_at").over(application)).drop("_told_at")


def _net_income(spine: DataFrame, transactions: DataFrame, as_of: datetime, zone: str) -> DataFrame:
    """`application_id` and `net_income_12m_cny` for the applications whose 12 months have passed."""
    last = f"ADD_MONTHS(CAST({local_sql('as_of', zone)} AS DATE), {INCOME_MONTHS})"
    applications = spine.select(
        "application_id",
        F.col("subject_key").alias("_subject"),
        F.col("as_of").alias("_from"),
        F.expr(zoned_sql(f"CAST({last} AS TIMESTAMP)", zone)).alias("_until"),
    ).where(F.col("_until") <= F.lit(midnight(day(as_of, zone), zone)))
    signed = f"CASE WHEN {INCOME} THEN amount_cny WHEN {FARM_COST} THEN -amount_cny ELSE 0 END"
    bookings = transactions.select("subject_key", "event_time", F.expr(signed).alias("_signed_cny"))
    within = F.expr("_subject = subject_key AND event_time >= _from AND event_time < _until")
    total = F.sum("_signed_cny").cast("double").alias("net_income_12m_cny")
    return applications.join(bookings, within).groupBy("application_id").agg(total)
