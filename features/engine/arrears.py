"""Days past due (DPD) of loans and of their instalments on a day, computed from what was known at a moment.

The functions take frames with all versions of loans and of instalments, and expect these column names:

- loans: `loan_no`, `closed_date`, `known_at`, `_row_hash`, and the columns that the caller needs besides;
- instalments: `loan_no`, `instalment_no`, `due_date`, `due_amount`, `paid_amount`, `paid_date` (when it was paid in
  full), `days_past_due` (as reported), `event_time` (the moment it falls due), `known_at`, `_row_hash`.
"""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from conf.schema.clock import day
from conf.schema.errors import ContractError
from conf.schema.label import Label
from features.engine.versions import newest

AMOUNTS = ("due_amount", "paid_amount")  # of an instalment, in the currency


def days_past_due(loans: DataFrame, instalments: DataFrame, as_of: datetime, zone: str, label: Label) -> DataFrame:
    """Days past due of each loan on the day of a moment, as they were known at that moment.

    Facts that became known later don't change the result, and neither do later payments.

    Args:
        loans, instalments: all versions.
        as_of: the moment (UTC).
        zone: time zone in which days are counted.
        label: the label declaration, which defines the arrears that matter.

    Returns:
        One row per loan that was disbursed and not closed at the moment: `loan_no`, `days_past_due` (0 if nothing is
        overdue) and `worst_days` (the highest DPD up to the moment).
    """
    today = F.lit(day(as_of, zone))
    lent, due = fallen_due(loans, instalments, as_of)
    open_loans = lent.where(F.col("closed_date").isNull() | (F.col("closed_date") > today))
    on_the_day = (
        due.withColumn("_on", today)
        .groupBy("loan_no")
        .agg(
            F.max(F.expr(days_on("_on", label))).alias("days_past_due"),
            F.max(F.expr(days_reached("_on", label))).alias("worst_days"),
        )
    )
    return open_loans.select("loan_no").join(on_the_day, "loan_no", "left").na.fill(0)


def fallen_due(loans: DataFrame, instalments: DataFrame, as_of: datetime) -> tuple[DataFrame, DataFrame]:
    """Loans that were disbursed by a moment, and instalments (`so_far`) that had fallen due, as known at that moment.

    Args:
        loans, instalments: all versions.
        as_of: the moment (UTC).
    """
    lent, reported = (rows.where(F.col("known_at") <= F.lit(as_of)) for rows in (loans, instalments))
    due = as_reported(reported).where(F.col("_first_at") <= F.lit(as_of))
    return newest(lent, ["loan_no"]).where(F.col("event_time") <= F.lit(as_of)), so_far(due)


def arrears(due: str = "due_amount", paid: str = "paid_amount") -> str:
    """SQL of what is left unpaid of an instalment, at least 0; the columns are as in `matters`."""
    return f"GREATEST({due} - {paid}, 0)"


def matters(label: Label, due: str = "due_amount", paid: str = "paid_amount") -> str:
    """SQL of whether an instalment's unpaid amount matters; it reads `_arrears` and `_due_so_far` of the loan.

    Args:
        label: the label declaration.
        due, paid: columns of the amounts, where a contract calls them otherwise.
    """
    least, share = label.least_arrears, label.least_arrears_share
    rest = f"{due} - {paid} >= {share} * {due} OR _arrears >= {share} * _due_so_far"
    return f"({paid} < {due} AND _arrears >= {least} AND ({rest}))"


def days_reached(on: str, label: Label) -> str:
    """SQL of the highest DPD that an instalment of `so_far` had reached by the day `on`, at least 0."""
    reached = (
        "CASE WHEN paid_amount >= due_amount AND paid_date IS NOT NULL "
        "THEN GREATEST(days_past_due, DATEDIFF(paid_date, due_date)) "
        f"WHEN {matters(label)} THEN GREATEST(days_past_due, _known_days, DATEDIFF({on}, due_date)) "
        "ELSE GREATEST(days_past_due, _known_days) END"
    )
    return f"GREATEST(LEAST({reached}, DATEDIFF({on}, _first_due)), 0)"


def days_on(on: str, label: Label) -> str:
    """SQL of an instalment's days past due on the day `on`: those reached by then, 0 once it is paid in full.

    An instalment that was reported late and then paid without a date stays late, because the day of payment is unknown.
    """
    return f"CASE WHEN paid_amount >= due_amount AND paid_date <= {on} THEN 0 ELSE {days_reached(on, label)} END"


def as_reported(versions: DataFrame) -> DataFrame:
    """The newest version of each instalment, with the delay that earlier versions reported.

    A delay that was reported while the instalment was unpaid is kept: a payment without a date, a small remaining
    amount or a later due date doesn't remove it. A version with the date of payment corrects it.

    Raises:
        ContractError: the amounts have other names.

    Returns:
        The instalment, `_known_days` (DPD reported while it was unpaid in part, or 0), `_first_due` and `_first_at`
        (the date and the moment when it first fell due), `_planned_due` (the due date in its first version).
    """
    if absent := [name for name in AMOUNTS if name not in versions.columns]:
        raise ContractError(
            f"instalments lack {', '.join(absent)}; they have {', '.join(versions.columns)}. Let features/spine.py "
            "rename the columns of their amounts, in repayment and for became (features/engine/arrears.py)"
        )
    key = ["loan_no", "instalment_no"]
    of_one = Over.partitionBy(*key)
    oldest = of_one.orderBy("known_at", "_row_hash")
    late = "paid_amount < due_amount AND days_past_due > 0"
    histories = (
        versions.withColumn(
            "_known_days", F.max(F.expr(f"CASE WHEN {late} THEN days_past_due ELSE 0 END")).over(of_one)
        )
        .withColumn("_first_due", F.min(F.expr(f"CASE WHEN {late} THEN due_date END")).over(of_one))
        .withColumn("_first_at", F.min(F.expr(f"CASE WHEN {late} THEN event_time END")).over(of_one))
        .withColumn("_planned_due", F.first("due_date").over(oldest))
    )
    return (
        newest(histories, key)
        .where("due_amount > 0 OR _known_days > 0")  # an instalment of 0 without any delay says nothing
        .withColumn("_first_due", F.expr("LEAST(due_date, COALESCE(_first_due, due_date))"))
        .withColumn("_first_at", F.expr("LEAST(event_time, COALESCE(_first_at, event_time))"))
    )


def so_far(instalments: DataFrame) -> DataFrame:
    """Instalments with `_arrears` and `_due_so_far`: the loan's arrears, and the sum that had fallen due of it."""
    by_then = Over.partitionBy("loan_no").orderBy("due_date", "instalment_no")
    rows = by_then.rowsBetween(Over.unboundedPreceding, Over.currentRow)
    return instalments.withColumn("_arrears", F.sum(F.expr(arrears())).over(rows)).withColumn(
        "_due_so_far", F.sum("due_amount").over(rows)
    )
