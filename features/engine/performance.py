"""The outcome of a loan: how late its instalments got within the performance window of its label (`conf/labels.yaml`).

An instalment that falls due within the horizon is judged by its delay at the end of the performance window. The window
is `bad_days` longer than the horizon, so that an instalment due on the last day can become bad, too. It is the same for
all loans, except for those judged at a maturity beyond the horizon; their terms define their window. No loan is
labelled before its window is over, however early it went bad or was settled. If such loans were labelled at once, the
youngest loans would seem far worse, or far better, than they are.
"""

from datetime import date, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from conf.schema.clock import day
from conf.schema.label import Judged, Label
from features.engine.arrears import as_reported, days_on, days_reached, so_far
from features.engine.versions import newest

_HOLIDAYS = 10  # days by which a weekend or a holiday may put off the last instalment of a loan, and its window
_PAID = "paid_amount >= due_amount AND paid_date IS NOT NULL"


def became(loans: DataFrame, instalments: DataFrame, as_of: datetime, zone: str, label: Label) -> DataFrame:
    """The label status of applications, from the performance of their loans.

    - `immature`: the window of a loan isn't over, so the outcome isn't known yet;
    - `bad`: a loan is `bad_days` or more past due, by the rules of the label;
    - `indeterminate`: a loan is `indeterminate_days` or more past due, or none of its due instalments was reported, or
      an instalment was put off;
    - `good`: all others.

    Args:
        loans: all versions of loans that were known at the moment, see `arrears`, with `application_no`,
            `disbursed_date`, `term_months`, `repayment_type` and `event_time` (the moment of disbursement) as well.
        instalments: all versions of instalments that were known at the moment.
        as_of: the moment (UTC); instalments that fall due later and loans disbursed later don't count.
        zone: time zone in which days are counted.
        label: the label declaration, which defines when a loan is bad.

    Returns:
        `application_id` and `label_status`.
    """
    due = as_reported(instalments).where(F.col("_first_at") <= F.lit(as_of))
    watched = _watched(_lent(loans, label, as_of).join(due, "loan_no", "left"), label)
    return (
        _judged(watched, label)
        .groupBy("application_id")
        .agg(F.max("_until").alias("_until"), F.max("_days").alias("_days"), F.bool_or("_is_open").alias("_is_open"))
        .select("application_id", _status(day(as_of, zone), label).alias("label_status"))
    )


def _lent(versions: DataFrame, label: Label, as_of: datetime) -> DataFrame:
    """The newest version of each loan, with the last day that its label judges, and the day on which its terms end.

    The terms are those of the first version: a loan that is prolonged, or whose repayment type is changed, isn't
    judged later because of that.
    """
    oldest = Over.partitionBy("loan_no").orderBy("known_at", "_row_hash")
    by_first_terms = versions.withColumn("term_months", F.first("term_months").over(oldest)).withColumn(
        "repayment_type", F.first("repayment_type", ignorenulls=True).over(oldest)
    )
    types = ", ".join(f"'{kind}'" for kind in label.at_maturity) or "NULL"
    longest = f"GREATEST({label.horizon_months}, term_months)"
    months = f"CASE WHEN repayment_type IN ({types}) THEN {longest} ELSE {label.horizon_months} END"
    return (
        newest(by_first_terms, ["loan_no"])
        .where(F.col("event_time") <= F.lit(as_of))
        .select(
            "loan_no",
            F.col("application_no").alias("application_id"),
            "closed_date",
            F.expr(f"ADD_MONTHS(disbursed_date, {months})").alias("_horizon"),
            F.expr("ADD_MONTHS(disbursed_date, term_months)").alias("_ends"),
        )
    )


def _watched(rows: DataFrame, label: Label) -> DataFrame:
    """Instalments that are judged, with the last day of the window (`_until`), and the loan's arrears at each due date.

    The window ends by the terms of the loan, not by its course. The last instalment may be planned some days after
    the end of the loan, if that isn't a working day.
    """
    loan = Over.partitionBy("loan_no")
    is_due = "LEAST(_planned_due, _first_due) <= _horizon OR _ends <= _horizon"
    judged = f"({is_due}) AND _first_due <= COALESCE(closed_date, _first_due)"
    put_off = f"CASE WHEN _ends <= _horizon AND _planned_due <= DATE_ADD(_horizon, {_HOLIDAYS}) THEN _planned_due END"
    return (
        so_far(rows)
        .withColumn("_is_judged", F.expr(f"COALESCE({judged}, FALSE)"))
        .withColumn("_last_due", F.max(F.expr(put_off)).over(loan))
        .withColumn("_until", F.expr(f"DATE_ADD(GREATEST(_horizon, COALESCE(_last_due, _horizon)), {label.bad_days})"))
    )


def _judged(watched: DataFrame, label: Label) -> DataFrame:
    """The days past due by which each loan is judged, and whether its outcome is open.

    The outcome is open in two cases: an instalment was put off before it was late, to a day from which it can't become
    bad within the window, and isn't paid by then; or the loan isn't settled and none of its due instalments was
    reported.

    Returns:
        `application_id`, `_until`, `_days` (null where nothing fell due) and `_is_open`.
    """
    is_unpaid = "(paid_amount < due_amount OR paid_date > _until) AND COALESCE(closed_date > _until, TRUE)"
    put_off = f"_is_judged AND {is_unpaid} AND DATEDIFF(_until, due_date) < {label.bad_days}"
    untold = "_worst IS NULL AND COALESCE(closed_date > _until, TRUE)"
    return (
        watched.groupBy("application_id", "loan_no", "_until", "closed_date")
        .agg(
            F.max(F.expr(f"CASE WHEN _is_judged THEN {days_reached('_until', label)} END")).alias("_worst"),
            F.max(F.expr(f"CASE WHEN _is_judged THEN {days_on('_until', label)} END")).alias("_at_end"),
            F.max(F.expr(_last_late(label))).alias("_last_late"),
            F.bool_or(F.expr(f"COALESCE({put_off}, FALSE)")).alias("_is_put_off"),
        )
        .select(
            "application_id",
            "_until",
            F.expr(_days(label)).alias("_days"),
            F.expr(f"_is_put_off OR ({untold})").alias("_is_open"),
        )
    )


def _last_late(label: Label) -> str:
    """SQL of the last day in the window on which an instalment was past due, whether or not it is judged."""
    return (
        f"CASE WHEN {days_reached('_until', label)} > 0 "
        f"THEN CASE WHEN {_PAID} THEN LEAST(paid_date, _until) ELSE _until END END"
    )


def _days(label: Label) -> str:
    if label.judged is Judged.EVER:
        return "_worst"
    is_cured = f"_last_late <= ADD_MONTHS(_until, -{label.cure_months})"
    return f"CASE WHEN _worst >= {label.bad_days} AND NOT ({is_cured}) THEN _worst ELSE _at_end END"


def _status(today: date, label: Label) -> Column:
    return F.expr(
        f"CASE WHEN _until > DATE'{today}' THEN 'immature' WHEN _days >= {label.bad_days} THEN 'bad' "
        f"WHEN _days >= {label.indeterminate_days} OR _is_open THEN 'indeterminate' ELSE 'good' END"
    )
