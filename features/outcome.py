"""What became of a loan: how late its instalments got, as far as its label looks.

What fell due within the horizon is judged by the delay that it had reached at the end of one performance window, which
is `bad_days` longer, so that even what falls due on the last day can have got bad. The window is the same for all loans
but those judged at maturity beyond the horizon, whose terms say theirs. No loan is labelled before its window is over,
however early it went bad or was settled: were those labelled at once, the youngest loans would seem far worse, or far
better, than they are.
"""

from datetime import date, datetime
from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from conf.schema.clock import day
from conf.schema.label import Label, Repayment

# A default within a year: 90 days past due, as the Basel framework and 商业银行金融资产风险分类办法 have it. Less than
# 10 CNY or 1 % of what is due is a matter of rounding, not of default, unless the bank itself counts its days.
LABEL = Label(
    horizon_months=12,
    bad_days=90,
    indeterminate_days=30,
    least_arrears_cny=Decimal(10),
    least_arrears_share=Decimal("0.01"),
    at_maturity=(Repayment.BULLET,),
)
_INSTALMENT = ["loan_no", "instalment_no"]
_HOLIDAYS = 10  # days by which a weekend or a holiday may put off the last instalment of a loan, and its window
# Of a loan as each of its instalments falls due: what it is in arrears with, and what was due of it, by then.
ARREARS_SO_FAR, DUE_SO_FAR = "GREATEST(due_cny - paid_cny, 0)", "due_cny"


def matters(label: Label = LABEL) -> str:
    """SQL of whether what is unpaid of an instalment matters; it reads `_arrears` and `_due_so_far` of its loan."""
    cny, share = label.least_arrears_cny, label.least_arrears_share
    rest = f"due_cny - paid_cny >= {share} * due_cny OR _arrears >= {share} * _due_so_far"
    return f"(paid_cny < due_cny AND _arrears >= {cny} AND ({rest}))"


def became(loans: DataFrame, instalments: DataFrame, as_of: datetime, zone: str, label: Label = LABEL) -> DataFrame:
    """What became of applications by their loans.

    Args:
        loans: all versions of loans that were known at the moment.
        instalments: all versions of instalments that were known at the moment.
        as_of: no instalment that fell due later, and no loan that was disbursed later, is looked at (UTC).
        zone: whose days are counted.
        label: what makes a loan bad.

    Returns:
        `application_id` and `label_status`, see `features.spine.labels`.
    """
    due = _instalments(instalments).where(F.col("_first_at") <= F.lit(as_of))
    watched = _watched(_lent(loans, label, as_of).join(due, "loan_no", "left"), label)
    reached = F.max(F.expr(_delay(label)))
    settled = f"CASE WHEN closed_date <= _until THEN 0 ELSE {label.indeterminate_days} END"
    of_loan = ["application_id", "loan_no", "_until", "closed_date"]
    return (
        watched.groupBy(*of_loan)
        .agg(reached.alias("_reached"))
        .withColumn("_reached", F.coalesce("_reached", F.expr(settled)))
        .groupBy("application_id")
        .agg(F.max("_until").alias("_until"), F.max("_reached").alias("_reached"))
        .select("application_id", _status(day(as_of, zone), label).alias("label_status"))
    )


def _lent(versions: DataFrame, label: Label, as_of: datetime) -> DataFrame:
    """The newest version of each loan, with the day that its label looks to, and the day that it ends on by its terms.

    Its terms are those that were told first: a loan that is prolonged, or turned into one that is repaid otherwise, is
    judged no later for that.
    """
    key = Over.partitionBy("loan_no")
    oldest = key.orderBy("known_at", "_row_hash")
    newest = key.orderBy(F.col("known_at").desc(), F.col("_row_hash").desc())
    loans = (
        versions.withColumn("term_months", F.first("term_months").over(oldest))
        .withColumn("repayment_type", F.first("repayment_type", ignorenulls=True).over(oldest))
        .withColumn("_rank", F.row_number().over(newest))
        .where((F.col("_rank") == 1) & (F.col("event_time") <= F.lit(as_of)))
    )
    types = ", ".join(f"'{kind}'" for kind in label.at_maturity) or "NULL"
    longest = f"GREATEST({label.horizon_months}, term_months)"
    months = f"CASE WHEN repayment_type IN ({types}) THEN {longest} ELSE {label.horizon_months} END"
    return loans.select(
        "loan_no",
        F.col("application_no").alias("application_id"),
        "closed_date",
        F.expr(f"ADD_MONTHS(disbursed_date, {months})").alias("_horizon"),
        F.expr("ADD_MONTHS(disbursed_date, term_months)").alias("_ends"),
    )


def _instalments(versions: DataFrame) -> DataFrame:
    """The newest version of each instalment, with what earlier ones said of its delay.

    What was reported as unpaid and late stays so: a payment without a day, a small rest or a later due date hides none
    of it. A version that says on which day it was paid puts it right.

    Returns:
        The instalment, `_known_days` (DPD reported while any of it was unpaid, or 0), `_first_due` and `_first_at` (the
        day it first fell due, and its moment), `_told_due` (when it was to fall due as it was first told).
    """
    key = Over.partitionBy(*_INSTALMENT)
    oldest = key.orderBy("known_at", "_row_hash")
    newest = key.orderBy(F.col("known_at").desc(), F.col("_row_hash").desc())
    late = "paid_cny < due_cny AND days_past_due > 0"
    return (
        versions.withColumn("_known_days", F.max(F.expr(f"CASE WHEN {late} THEN days_past_due ELSE 0 END")).over(key))
        .withColumn("_first_due", F.min(F.expr(f"CASE WHEN {late} THEN due_date END")).over(key))
        .withColumn("_first_at", F.min(F.expr(f"CASE WHEN {late} THEN event_time END")).over(key))
        .withColumn("_told_due", F.first("due_date").over(oldest))
        .withColumn("_rank", F.row_number().over(newest))
        .where("_rank = 1 AND (due_cny > 0 OR _known_days > 0)")  # where nothing is due, nothing is told
        .withColumn("_first_due", F.expr("LEAST(due_date, COALESCE(_first_due, due_date))"))
        .withColumn("_first_at", F.expr("LEAST(event_time, COALESCE(_first_at, event_time))"))
        .drop("_rank")
    )


def _watched(rows: DataFrame, label: Label) -> DataFrame:
    """Instalments that are judged, `_until` which day, and what was due and in arrears of the loan as each fell due.

    The window ends by what the terms said, not by what became of it. A loan's last instalment may have been told to
    fall due some days after its end, for that is no working day.
    """
    loan = Over.partitionBy("loan_no")
    so_far = loan.orderBy("due_date", "instalment_no").rowsBetween(Over.unboundedPreceding, Over.currentRow)
    is_due = "LEAST(_told_due, _first_due) <= _horizon OR _ends <= _horizon"
    judged = f"({is_due}) AND _first_due <= COALESCE(closed_date, _first_due)"
    put_off = f"CASE WHEN _ends <= _horizon AND _told_due <= DATE_ADD(_horizon, {_HOLIDAYS}) THEN _told_due END"
    return (
        rows.withColumn("_is_judged", F.expr(f"COALESCE({judged}, FALSE)"))
        .withColumn("_last_due", F.max(F.expr(put_off)).over(loan))
        .withColumn("_arrears", F.sum(F.expr(ARREARS_SO_FAR)).over(so_far))
        .withColumn("_due_so_far", F.sum(DUE_SO_FAR).over(so_far))
        .withColumn("_until", F.expr(f"DATE_ADD(GREATEST(_horizon, COALESCE(_last_due, _horizon)), {label.bad_days})"))
    )


def _delay(label: Label) -> str:
    """SQL of the delay in days that a judged instalment reached by the day until which it is watched.

    What was put off, before it was late, to a day from which it can't get bad in the window is neither good nor bad
    unless it is paid by then.
    """
    reached = (
        "CASE WHEN paid_cny >= due_cny AND paid_date IS NOT NULL "
        "THEN GREATEST(days_past_due, DATEDIFF(paid_date, due_date)) "
        f"WHEN {matters(label)} THEN GREATEST(days_past_due, _known_days, DATEDIFF(_until, due_date)) "
        "ELSE GREATEST(days_past_due, _known_days) END"
    )
    is_open = "(paid_cny < due_cny OR paid_date > _until) AND COALESCE(closed_date > _until, TRUE)"
    put_off = f"{is_open} AND DATEDIFF(_until, due_date) < {label.bad_days}"
    least = f"CASE WHEN {put_off} THEN {label.indeterminate_days} ELSE 0 END"
    return f"CASE WHEN _is_judged THEN GREATEST(LEAST({reached}, DATEDIFF(_until, _first_due)), {least}) END"


def _status(today: date, label: Label) -> Column:
    return F.expr(
        f"CASE WHEN _until > DATE'{today}' THEN 'immature' WHEN _reached >= {label.bad_days} THEN 'bad' "
        f"WHEN _reached >= {label.indeterminate_days} THEN 'indeterminate' ELSE 'good' END"
    )
