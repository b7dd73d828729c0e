"""Vintages and roll rates of a portfolio: when loans first were bad, and how they roll between buckets of DPD.

DPD are days past due. Both use what was known at a moment. The frames are those of `features.engine.arrears`; loans
also have `disbursed_date`.
"""

from collections.abc import Sequence
from datetime import date, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from conf.schema.label import Label
from features.engine.arrears import days_on, days_reached, fallen_due

BUCKETS = {"current": 0, "1-29": 1, "30-59": 30, "60-89": 60, "90+": 90}
"""Bucket → the least days past due in it."""
CLOSED = "closed"


def first_bad(
    loans: DataFrame, instalments: DataFrame, as_of: datetime, today: date, label: Label, months: int
) -> DataFrame:
    """The month on book in which each loan first was bad.

    Args:
        loans, instalments: all versions.
        as_of: the moment (UTC); what happened or became known later doesn't count.
        today: day of `as_of`.
        label: the label declaration, which defines from how many days past due a loan is bad, and which arrears matter.
        months: largest number of months on book to examine.

    Returns:
        One row per loan: `loan_no`, `disbursed_date` and `bad_month`, the first month on book at whose end the loan
        had been bad at any time; null if it never was.
    """
    lent, owed = _known(loans, instalments, as_of)
    reached = f"{days_reached('_on', label)} >= {label.bad_days}"
    ever = owed.withColumn("_on", F.lit(today)).where(reached).drop("_on")  # once bad, a loan stays bad
    bad = (
        ever.withColumn("_month", F.explode(F.array(*map(F.lit, range(1, months + 1)))))
        .withColumn("_on", F.expr("ADD_MONTHS(disbursed_date, _month)"))
        .where((F.col("_on") <= F.lit(today)) & F.expr(reached))
        .groupBy("loan_no")
        .agg(F.min("_month").alias("bad_month"))
    )
    return lent.select("loan_no", "disbursed_date").join(bad, "loan_no", "left")


def rolls(loans: DataFrame, instalments: DataFrame, as_of: datetime, days: Sequence[date], label: Label) -> DataFrame:
    """How many loans rolled from which bucket into which, from one of the days to the next.

    Args:
        loans, instalments, as_of: see `first_bad`.
        days: days in ascending order, such as the ends of months.
        label: the label declaration, which defines the arrears that matter.

    Returns:
        `bucket` (one of `BUCKETS`), `next` (one of `BUCKETS`, or `CLOSED`) and `loans`, the number of such moves.
    """
    lent, owed = _known(loans, instalments, as_of)
    late = (
        owed.withColumn("_on", _each(days))
        .withColumn("_days", F.expr(days_on("_on", label)))
        .where("_days > 0")
        .groupBy("loan_no", "_on")
        .agg(F.max("_days").alias("_days"))
    )
    in_turn = Over.partitionBy("loan_no").orderBy("_on")
    return (
        lent.withColumn("_on", _each(days))
        .where("disbursed_date <= _on")
        .join(late, ["loan_no", "_on"], "left")
        .withColumn("bucket", F.expr(_bucket()))
        .withColumn("next", F.lead("bucket").over(in_turn))
        .where(f"bucket <> '{CLOSED}' AND next IS NOT NULL")
        .groupBy("bucket", "next")
        .agg(F.count("*").alias("loans"))
    )


def _known(loans: DataFrame, instalments: DataFrame, as_of: datetime) -> tuple[DataFrame, DataFrame]:
    """Disbursed loans, and the instalments of each that fell due before it was closed, with the loan's dates."""
    lent, due = fallen_due(loans, instalments, as_of)
    lent = lent.select("loan_no", "disbursed_date", "closed_date")
    return lent, due.join(lent, "loan_no").where("_first_due <= COALESCE(closed_date, _first_due)")


def _each(days: Sequence[date]) -> Column:
    return F.explode(F.array(*map(F.lit, days)))


def _bucket() -> str:
    """SQL of a loan's bucket on the day `_on`, from its `_days` past due (null means none)."""
    late = " ".join(f"WHEN _days >= {least} THEN '{name}'" for name, least in reversed(BUCKETS.items()) if least)
    return f"CASE WHEN closed_date <= _on THEN '{CLOSED}' {late} ELSE '{next(iter(BUCKETS))}' END"
