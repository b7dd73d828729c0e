"""What became of a loan: how late its instalments got, as far as its label looks.

What fell due within the horizon is judged by the delay that it had reached at the horizon. That would tell nothing of
a loan that ends within the horizon (a bullet loan of a year falls due on its last day), nor of one whose first
instalment falls due just before it: these are watched until their last instalment is `bad_days` old.
"""

from datetime import date, datetime
from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from conf.clock import day
from conf.label import Label, Repayment

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
_SHORT = "GREATEST(due_cny - paid_cny, 0)"
_MATTERS = (
    "(paid_cny < due_cny AND _arrears >= {cny}"
    " AND (due_cny - paid_cny >= {share} * due_cny OR _arrears >= {share} * _due_so_far))"
)


def became(loans: DataFrame, instalments: DataFrame, as_of: datetime, zone: str, label: Label = LABEL) -> DataFrame:
    """What became of applications by their loans.

    Args:
        loans: the newest version of each loan.
        instalments: all versions of instalments that were known at the moment.
        as_of: no instalment that fell due later is looked at (UTC).
        zone: whose days are counted.
        label: what makes a loan bad.

    Returns:
        `application_id` and `label_status`, see `features.spine.labels`.
    """
    due = _instalments(instalments).where(F.col("_first_at") <= F.lit(as_of))
    watched = _watched(_lent(loans, label).join(due, "loan_no", "left"), label)
    reached = F.max(F.expr(_delay(label)))
    settled = f"CASE WHEN closed_date <= _horizon THEN 0 ELSE {label.indeterminate_days} END"
    of_loan = ["application_id", "loan_no", "_until", "closed_date", "_horizon"]
    return (
        watched.groupBy(*of_loan)
        .agg(reached.alias("_reached"))
        .withColumn("_reached", F.coalesce("_reached", F.expr(settled)))
        .groupBy("application_id")
        .agg(F.max("_until").alias("_until"), F.max("_reached").alias("_reached"))
        .select("application_id", _status(day(as_of, zone), label).alias("label_status"))
    )


def _lent(loans: DataFrame, label: Label) -> DataFrame:
    """Loans with the day that their label looks to, and the day that they end on by their terms."""
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
        day it first fell due, and its moment).
    """
    key = Over.partitionBy(*_INSTALMENT)
    newest = key.orderBy(F.col("known_at").desc(), F.col("_row_hash").desc())
    late = "paid_cny < due_cny AND days_past_due > 0"
    return (
        versions.withColumn("_known_days", F.max(F.expr(f"CASE WHEN {late} THEN days_past_due ELSE 0 END")).over(key))
        .withColumn("_first_due", F.min(F.expr(f"CASE WHEN {late} THEN due_date END")).over(key))
        .withColumn("_first_at", F.min(F.expr(f"CASE WHEN {late} THEN event_time END")).over(key))
        .withColumn("_rank", F.row_number().over(newest))
        .where("_rank = 1 AND (due_cny > 0 OR _known_days > 0)")  # where nothing is due, nothing is told
        .withColumn("_first_due", F.expr("LEAST(due_date, COALESCE(_first_due, due_date))"))
        .withColumn("_first_at", F.expr("LEAST(event_time, COALESCE(_first_at, event_time))"))
        .drop("_rank")
    )


def _watched(rows: DataFrame, label: Label) -> DataFrame:
    """Instalments that are judged, `_until` which day, and what was due and in arrears of the loan as each fell due."""
    loan = Over.partitionBy("loan_no")
    so_far = loan.orderBy("due_date", "instalment_no").rowsBetween(Over.unboundedPreceding, Over.currentRow)
    judged = "(_first_due <= _horizon OR _ends <= _horizon) AND _first_due <= COALESCE(closed_date, _first_due)"
    last = "COALESCE(GREATEST(_last_due, LEAST(_ends, _horizon)), LEAST(_ends, _horizon))"
    tells_late = f"_ends <= _horizon OR _earliest > DATE_SUB(_horizon, {label.bad_days})"
    past_last = f"GREATEST(_horizon, DATE_ADD({last}, {label.bad_days}))"
    until = f"CASE WHEN closed_date <= _horizon OR NOT COALESCE({tells_late}, FALSE) THEN _horizon ELSE {past_last} END"
    return (
        rows.withColumn("_is_judged", F.expr(f"COALESCE({judged}, FALSE)"))
        .withColumn("_earliest", F.min("_first_due").over(loan))
        .withColumn("_last_due", F.max(F.expr("CASE WHEN _is_judged THEN due_date END")).over(loan))
        .withColumn("_arrears", F.sum(F.expr(_SHORT)).over(so_far))
        .withColumn("_due_so_far", F.sum("due_cny").over(so_far))
        .withColumn("_until", F.expr(until))
    )


def _delay(label: Label) -> str:
    """SQL of the delay in days that a judged instalment reached by the day until which it is watched."""
    matters = _MATTERS.format(cny=label.least_arrears_cny, share=label.least_arrears_share)
    reached = (
        "CASE WHEN paid_cny >= due_cny AND paid_date IS NOT NULL "
        "THEN GREATEST(days_past_due, DATEDIFF(paid_date, due_date)) "
        f"WHEN {matters} THEN GREATEST(days_past_due, _known_days, DATEDIFF(_until, due_date)) "
        "ELSE GREATEST(days_past_due, _known_days) END"
    )
    return f"CASE WHEN _is_judged THEN GREATEST(LEAST({reached}, DATEDIFF(_until, _first_due)), 0) END"


def _status(today: date, label: Label) -> Column:
    return F.expr(
        f"CASE WHEN _until > DATE'{today}' THEN 'immature' WHEN _reached >= {label.bad_days} THEN 'bad' "
        f"WHEN _reached >= {label.indeterminate_days} THEN 'indeterminate' ELSE 'good' END"
    )
