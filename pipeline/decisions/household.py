"""Feature rows that rest on records of others: they serve as long as these live in the applicant's household."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Purpose
from features.engine.household import members
from lake.consent import CONSENT_NO, GRANT
from pipeline.context import Context
from pipeline.features import declarations

_PURPOSE = Purpose.CREDIT_ASSESSMENT


def still(context: Context, rows: DataFrame) -> DataFrame:
    """Rows without those that rest on a consent of somebody who has left the household since they were built.

    Args:
        rows: `application_id`, `subject_key` and `consent_ids`.
    """
    lake, workspace = context.lake, context.workspace
    table = getattr(declarations.spine(workspace), "MEMBERSHIP", None)
    if table is None or GRANT not in workspace.contracts:
        return rows
    silver = workspace.contract(table).named("silver")
    lake.create(silver)  # where nothing of it has come yet, nobody is known to belong anywhere
    membership = lake.read(silver, purpose=_PURPOSE, as_of=context.as_of)
    asked = rows.select("application_id", "subject_key", F.lit(context.as_of).alias("as_of"))
    there = members(asked, membership, context.zone)
    grants = lake.read(f"silver_{GRANT}", purpose=_PURPOSE, as_of=context.as_of)
    owners = grants.select(F.col(CONSENT_NO).alias("_no"), F.col("subject_key").alias("member"))
    used = rows.select("application_id", "subject_key", F.explode("consent_ids").alias("_no")).join(owners, "_no")
    gone = used.where("member != subject_key").join(there, ["application_id", "member"], "left_anti")
    return rows.join(gone.select("application_id").distinct(), "application_id", "left_anti")
