"""What applicants owe, what they have been granted and not yet been paid out, and whose household they are of."""

from datetime import timedelta

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Purpose
from features.engine.assemble import assemble
from features.engine.household import households
from lake import raw_access
from models.commitments import LEDGER, LOANS, MAY_BE_LENT, OWED
from pipeline.context import Context
from pipeline.decisions.decision_rows import DECISIONS
from pipeline.features import declarations


def standing(context: Context) -> pd.DataFrame:
    """Applications that are pending, or approved and not wholly disbursed, with the household of each.

    Returns:
        See `features.spine.undisbursed`, and `household_no`, None where none is known.
    """
    spine = declarations.spine(context.workspace)
    applications = _silver(context, spine.APPLICATION)
    loans, membership = _silver(context, spine.LOAN), _silver(context, getattr(spine, "MEMBERSHIP", None))
    tables = {spine.APPLICATION: applications} | ({spine.LOAN: loans} if loans is not None else {})
    open_ = spine.undisbursed(tables, context.as_of)
    return _with_household(context, open_, membership).toPandas()


def outstanding(context: Context) -> pd.DataFrame:
    """Loans on which something is owed now, by the features of debts; without the bank's tables there are none.

    Returns:
        `models.commitments.LOANS`.
    """
    workspace, spine = context.workspace, declarations.spine(context.workspace)
    tables = {name: _silver(context, name) for name in (spine.LOAN, spine.INSTALMENT)}
    if any(rows is None for rows in tables.values()):
        return pd.DataFrame(columns=LOANS)
    loans, by_loan = spine.book(tables, context.as_of)
    each = loans.withColumn("subject_key", F.col("application_id"))
    features = declarations.feature_set(workspace).only(*OWED)
    debts = assemble(each, by_loan, features, workspace.contracts, zone=context.zone)
    owing = debts.where(" OR ".join(f"{name} > 0" for name in OWED)).select("application_id", *OWED)
    membership = _silver(context, getattr(spine, "MEMBERSHIP", None))
    return _with_household(context, loans.join(owing, "application_id"), membership).select(*LOANS).toPandas()


def granted(context: Context, open_: pd.DataFrame) -> pd.DataFrame:
    """The ledger of what stands granted: approved by the bank, or admitted or referred here, and not yet expired.

    Of an approval what is left of the amount that the bank told counts, else what was decided here, else what was asked
    for.

    Args:
        open_: what `standing` returned.

    Returns:
        `models.commitments.LEDGER`.
    """
    rows = open_.merge(_decided(context), on="application_id", how="left")
    approved, may_be_lent = rows["status"].eq("approved"), rows["decision"].isin(MAY_BE_LENT)
    limit = rows["limit_cny"].astype(float).where(may_be_lent)
    told = rows["approved_cny"].astype(float).fillna(limit).fillna(rows["requested_cny"])
    since = rows["known_at"].where(approved, rows["decided_at"])
    expired = pd.to_datetime(since, utc=True) + timedelta(days=context.workspace.policy.approval_valid_days)
    counts = (approved | may_be_lent) & (expired > pd.Timestamp(context.as_of))
    return rows.assign(amount_cny=told.where(approved, limit))[counts][LEDGER]


def _decided(context: Context) -> pd.DataFrame:
    """What was decided here, whatever consents have ended since."""
    columns = ["application_id", "decision", "limit_cny", "decided_at"]
    if not context.lake.exists(DECISIONS):
        return pd.DataFrame(columns=columns)
    made = raw_access.rows(context.lake, DECISIONS).select(*columns).toPandas()
    return made.assign(limit_cny=made["limit_cny"].astype(float))


def _with_household(context: Context, rows: DataFrame, membership: DataFrame | None) -> DataFrame:
    """Rows of a spine with `household_no`, null where none is known."""
    if membership is None:
        return rows.withColumn("household_no", F.lit(None).cast("string"))
    return rows.join(households(rows, membership, context.zone), "application_id", "left")


def _silver(context: Context, table: str | None) -> DataFrame | None:
    if table is None or not context.lake.exists(name := context.workspace.contract(table).named("silver")):
        return None
    return context.lake.read(name, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)
