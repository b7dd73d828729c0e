"""The gates of gold: which rows of a table may be read, by its declaration."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.errors import Conflict
from conf.schema.gold_table import GoldTable, ReadGate
from lake.consent import CONSENT_NO


def passed(declared: GoldTable, rows: DataFrame, consents: DataFrame | None) -> DataFrame:
    """The rows that pass all gates of a table.

    Args:
        rows: of the table.
        consents: as `consent.live_consents` returns them for the purpose; None where nobody is asked for consent.

    Raises:
        Conflict: a column that the gates need is missing.
    """
    if absent := [name for name in declared.needed if name not in rows.columns]:
        raise Conflict(
            f"{declared.table} lacks {', '.join(absent)}, so it can't be checked who may read it; build it again "
            "(fieldstone build-features)"
        )
    for gate in declared.gates:
        rows = _OF_GATE[gate](rows, consents)
    return rows


def _by_consents(rows: DataFrame, consents: DataFrame | None) -> DataFrame:
    """Rows all of whose consents hold, those of other people only while they share; none hold where nobody is asked."""
    # rows that don't list the consents they rest on, or have no key, can't be judged
    rows = rows.where("consent_ids IS NOT NULL AND application_id IS NOT NULL")
    if consents is None:
        return rows.where(F.size("consent_ids") == 0)
    applicant = F.col("subject_key").alias("_applicant")
    used = rows.select("application_id", applicant, F.explode("consent_ids").alias("_no"))
    live = consents.select(F.col(CONSENT_NO).alias("_no"), F.col("subject_key").alias("_owner"), "_is_shared")
    serves = F.coalesce((F.col("_owner") == F.col("_applicant")) | F.col("_is_shared"), F.lit(False))
    gone = used.join(live, "_no", "left").where(~serves).select("application_id").distinct()
    return rows.join(gone, "application_id", "left_anti")


def _by_subject(rows: DataFrame, consents: DataFrame | None) -> DataFrame:
    """Rows of the subjects who consent; all rows where no consent is needed."""
    if consents is None:
        return rows
    return rows.join(consents.select("subject_key").distinct(), "subject_key", "left_semi")


_OF_GATE = {ReadGate.CONSENTS: _by_consents, ReadGate.SUBJECT: _by_subject}
