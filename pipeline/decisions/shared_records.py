"""Feature rows with records of other people: they may be used while these people live in the applicant's household."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Purpose
from conf.schema.table_roles import TableRole
from features.engine.household import members
from lake.consent import CONSENT_NO, by_role
from pipeline.context import Context

_PURPOSE = Purpose.CREDIT_ASSESSMENT


def still(context: Context, rows: DataFrame) -> DataFrame:
    """Rows, except those with the consent of a person who has left the household since the rows were built.

    Args:
        rows: `application_id`, `subject_key` and `consent_ids`.
    """
    lake, workspace = context.lake, context.workspace
    homes, grant = map(workspace.playing, (TableRole.MEMBERSHIP, TableRole.CONSENT))
    if homes is None or grant is None:
        return rows
    lake.create(homes.named("silver"))  # as long as it is empty, no member of any household is known
    membership = by_role(lake.read(homes.named("silver"), purpose=_PURPOSE, as_of=context.as_of), homes)
    applications = rows.select("application_id", "subject_key", F.lit(context.as_of).alias("as_of"))
    there = members(applications, membership, context.zone)
    grants = by_role(lake.read(grant.named("silver"), purpose=_PURPOSE, as_of=context.as_of), grant)
    owners = grants.select(F.col(CONSENT_NO).alias("_no"), F.col("subject_key").alias("member"))
    used = rows.select("application_id", "subject_key", F.explode("consent_ids").alias("_no")).join(owners, "_no")
    gone = used.where("member != subject_key").join(there, ["application_id", "member"], "left_anti")
    return rows.join(gone.select("application_id").distinct(), "application_id", "left_anti")
