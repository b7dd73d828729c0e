"""Each sale, by the key that is made from it; none has a time."""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

VERKAUF = "markt__verkauf"
TABLES = (VERKAUF,)


def training(tables: dict[str, DataFrame]) -> DataFrame:
    """All sales."""
    requested = ("rasse", "gewicht_kg", "ist_geschoren")
    number, moment = F.col("record_key").alias("application_id"), F.col("event_time").alias("as_of")
    return tables[VERKAUF].select(number, "subject_key", moment, *requested)


def scoring(tables: dict[str, DataFrame], as_of: datetime) -> DataFrame:
    """Sales of which nobody knows the outcome."""
    return training({VERKAUF: tables[VERKAUF].where("ist_geplatzt IS NULL")})


def labels(tables: dict[str, DataFrame], as_of: datetime, zone: str) -> DataFrame:
    """`ist_geplatzt`."""
    status = F.expr("CASE ist_geplatzt WHEN 1 THEN 'bad' WHEN 0 THEN 'good' ELSE 'indeterminate' END")
    known = tables[VERKAUF].select(
        F.col("record_key").alias("application_id"), status.alias("label_status"), "ist_geplatzt"
    )
    return training(tables).select("application_id", "subject_key", "as_of").join(known, "application_id")
