"""Applicants' debts, their granted and not yet disbursed amounts, and their households."""

from collections.abc import Collection
from datetime import timedelta
from functools import partial

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema import required
from conf.schema.contract import Purpose
from conf.schema.table_roles import TableRole
from features.engine.assemble import assemble
from features.engine.household import households
from features.engine.spine import whole
from lake import raw_access
from lake.consent import by_role
from models.household_decisions import LEDGER, LOANS, MAY_BE_LENT, OWED
from pipeline.context import Context
from pipeline.decisions.decision_rows import DECISIONS
from pipeline.features import declarations


def standing(context: Context) -> pd.DataFrame:
    """Applications that are pending, or approved and not fully disbursed, with the household of each.

    Returns:
        Columns of `LendingSpine.undisbursed`, and `household_no`, None if it is unknown.
    """
    roles = (TableRole.APPLICATION, TableRole.LOAN)
    tables = _silver(context, [each.table for role in roles if (each := context.workspace.playing(role))])
    open_ = declarations.lending_spine(context.workspace).undisbursed(tables, context.as_of)
    return _with_household(context, whole(open_, "undisbursed")).toPandas()


def outstanding(context: Context) -> pd.DataFrame:
    """Loans with a debt now, from the features of debts; empty if their tables are missing.

    Returns:
        `models.household_decisions.LOANS`.
    """
    workspace, facts = context.workspace, declarations.facts(context.workspace)
    features = declarations.feature_set(workspace).only(*(facts[fact] for fact in OWED))
    loan = workspace.playing(TableRole.LOAN)
    needed = {*features.tables, *([loan.table] if loan else ())}
    if loan is None or len(tables := _silver(context, needed)) < len(needed):
        return pd.DataFrame(columns=pd.Index(LOANS))
    loans, by_loan = declarations.lending_spine(workspace).book(tables, context.as_of)
    each = whole(loans, "book").withColumn("subject_key", F.col("application_id"))
    debts = assemble(each, by_loan, features, workspace.contracts, zone=context.zone)
    owed = debts.select("application_id", *(F.col(facts[fact]).alias(fact) for fact in OWED))
    owing = owed.where(" OR ".join(f"{fact} > 0" for fact in OWED))
    return _with_household(context, loans.join(owing, "application_id")).select(*LOANS).toPandas()


def granted(context: Context, open_: pd.DataFrame) -> pd.DataFrame:
    """The ledger of granted amounts: approved by the bank, or admitted or referred here, and not yet expired.

    An approval counts with the rest of the amount that the bank told, else with the amount decided here, else with the
    requested one.

    Args:
        open_: as returned by `standing`.

    Returns:
        `models.household_decisions.LEDGER`.
    """
    rows = open_.merge(_decided(context), on="application_id", how="left")
    approved, may_be_lent = rows["status"].eq("approved"), rows["decision"].isin(MAY_BE_LENT)
    limit = rows["limit_amount"].astype(float).where(may_be_lent)
    approved_amount = rows["approved_amount"].astype(float).fillna(limit).fillna(rows["requested_amount"])
    since = rows["known_at"].where(approved, rows["decided_at"])
    expired = pd.to_datetime(since, utc=True) + timedelta(days=required.policy(context.workspace).approval_valid_days)
    counts = (approved | may_be_lent) & (expired > pd.Timestamp(context.as_of))
    return rows.assign(amount=approved_amount.where(approved, limit)).loc[counts, LEDGER]


def _decided(context: Context) -> pd.DataFrame:
    """Decisions made here, including those whose consents have ended since."""
    columns = ["application_id", "decision", "limit_amount", "decided_at"]
    if not context.lake.exists(DECISIONS):
        return pd.DataFrame(columns=pd.Index(columns))
    made = raw_access.rows(context.lake, DECISIONS).select(*columns).toPandas()
    return made.assign(limit_amount=made["limit_amount"].astype(float))


def _with_household(context: Context, rows: DataFrame) -> DataFrame:
    """Rows of a spine with `household_no`, null if it is unknown."""
    homes = context.workspace.playing(TableRole.MEMBERSHIP)
    if homes is None or not (silver := _silver(context, [homes.table])):
        return rows.withColumn("household_no", F.lit(None).cast("string"))
    membership = by_role(silver[homes.table], homes)
    return rows.join(households(rows, membership, context.zone), "application_id", "left")


def _silver(context: Context, tables: Collection[str]) -> dict[str, DataFrame]:
    """Contract's table → its rows in silver, without missing tables."""
    named = {table: context.workspace.contract(table).named("silver") for table in sorted(tables)}
    read = partial(context.lake.read, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)
    return {table: read(name) for table, name in named.items() if context.lake.exists(name)}
