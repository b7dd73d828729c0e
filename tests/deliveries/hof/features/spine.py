"""Which applications there are here, and what became of them."""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

ANTRAG, DARLEHEN = "kasse__antrag", "kasse__darlehen"
TABLES = (ANTRAG,)


def _spine(rows: DataFrame, as_of) -> DataFrame:
    requested = ("summe_cny", "dauer_months", "art")
    return rows.select(F.col("antrag").alias("application_id"), "subject_key", as_of.alias("as_of"), *requested)


def training(tables: dict[str, DataFrame]) -> DataFrame:
    """Applications that were granted."""
    return _spine(tables[ANTRAG].where("stand = 'bewilligt'"), F.col("gestellt_am"))


def scoring(tables: dict[str, DataFrame], as_of: datetime) -> DataFrame:
    """Applications that are open."""
    return _spine(tables[ANTRAG].where("stand = 'offen'"), F.lit(as_of))


def labels(tables: dict[str, DataFrame], as_of: datetime, zone: str) -> DataFrame:
    """`ist_faul`: whether any loan of the application went bad."""
    bad = tables[DARLEHEN].groupBy("antrag").agg(F.max(F.col("ist_faul").cast("int")).alias("ist_faul"))
    status = F.expr("CASE ist_faul WHEN 1 THEN 'bad' WHEN 0 THEN 'good' ELSE 'indeterminate' END")
    known = training(tables).join(bad, F.col("application_id") == F.col("antrag"), "left")
    return known.select("application_id", "subject_key", "as_of", status.alias("label_status"), "ist_faul")


def terms(applications: DataFrame) -> DataFrame:
    """What is asked for."""
    return applications.select(
        F.col("antrag").alias("application_id"),
        F.col("summe_cny").cast("double").alias("requested_amount"),
        F.col("dauer_months").alias("term_months"),
        F.col("art").alias("product_code"),
    )


def undisbursed(tables: dict[str, DataFrame], as_of: datetime) -> DataFrame:
    """All applications without a loan."""
    rows = tables[ANTRAG]
    if DARLEHEN in tables:
        rows = rows.join(tables[DARLEHEN].select("antrag"), "antrag", "left_anti")
    status = F.expr("CASE stand WHEN 'offen' THEN 'pending' ELSE 'approved' END").alias("status")
    applications = rows.select(
        "antrag", "subject_key", F.lit(as_of).alias("as_of"), F.col("gestellt_am").alias("applied_at"), status,
        "known_at", F.lit(None).cast("double").alias("approved_amount"),
    )  # fmt: skip
    return applications.withColumnRenamed("antrag", "application_id").join(terms(tables[ANTRAG]), "application_id")


def book(tables: dict[str, DataFrame], as_of: datetime) -> tuple[DataFrame, dict[str, DataFrame]]:
    """Each loan, by its number."""
    rows = tables[DARLEHEN]
    loans = rows.select(
        F.col("darlehen").alias("application_id"), "subject_key", F.lit(as_of).alias("as_of"),
        F.col("art").alias("product_code"),
    )  # fmt: skip
    return loans, {DARLEHEN: rows.withColumn("subject_key", F.col("darlehen"))}
