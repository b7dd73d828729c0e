"""Households at a moment: an applicant's household, and which of its members let their records serve the others."""

from collections.abc import Iterable

from pyspark.sql import DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from conf.schema.contract import Contract
from conf.schema.table_roles import TableRole
from features.engine.windows import Valid, spine_clocks

_MEMBERSHIP_KEY = ["household_no", "subject_key", "valid_from_date"]
_IN_FORCE = Valid("valid_from_date", "valid_to_date").contains
# SQL over a row of `versions`: whether this version was the one in force at `as_of`
KNOWN = "_usable_at <= as_of AND (_superseded_at IS NULL OR as_of < _superseded_at)"


def membership_of(contracts: Iterable[Contract]) -> Contract | None:
    """The contract of household memberships; None if the workspace has no households."""
    return next((contract for contract in contracts if contract.role is TableRole.MEMBERSHIP), None)


def by_role(membership: DataFrame, contract: Contract) -> DataFrame:
    """Memberships with their columns renamed to the platform's names, see `Contract.by_role`."""
    if not contract.has_own_names:
        return membership
    names = contract.by_role(membership.columns)
    return membership.select(*(F.col(theirs).alias(ours) for theirs, ours in names.items()))


def households(spine: DataFrame, membership: DataFrame, zone: str) -> DataFrame:
    """The household of each application as of its own moment: `application_id`, `household_no`.

    Args:
        spine, zone: see `features.engine.assemble`.
        membership: silver frame of household memberships, by the platform's names.
    """
    homes = residences(clocked(spine, zone), membership)
    return homes.select("application_id", F.col("_household").alias("household_no"))


def members(spine: DataFrame, membership: DataFrame, zone: str) -> DataFrame:
    """The persons whose records may serve each application at its `as_of`: `application_id`, `member`.

    Args:
        spine, zone: see `features.engine.assemble`.
        membership: silver frame of household memberships, by the platform's names.
    """
    applications = clocked(spine, zone)
    holders = holders_of(applications.join(residences(applications, membership), "application_id"), membership)
    return holders.select(F.col("_application").alias("application_id"), F.col("_member").alias("member"))


def clocked(spine: DataFrame, zone: str) -> DataFrame:
    """The spine with the clock columns that windows read, see `features.engine.windows.spine_clocks`."""
    return spine.withColumns({name: F.expr(sql) for name, sql in spine_clocks(zone).items()})


def versions(rows: DataFrame, key: list[str], versioned: bool) -> DataFrame:
    """Add `_usable_at`, when a version may first be used, and `_superseded_at`, when a later one became known."""
    usable = rows.withColumn("_usable_at", F.expr("GREATEST(known_at, event_time + INTERVAL 1 MICROSECOND)"))
    if not versioned:
        return usable.withColumn("_superseded_at", F.lit(None).cast("timestamp"))
    versions = Over.partitionBy(*key).orderBy("known_at", "_row_hash")
    return usable.withColumn("_superseded_at", F.lead("known_at").over(versions))


def residences(spine: DataFrame, membership: DataFrame) -> DataFrame:
    """The household of each application: `application_id`, `_household`, `_consents_membership`."""
    applicants = spine.withColumn("_person", F.col("subject_key"))
    return _residence(applicants, membership).select(
        "application_id", "_household", F.array("consent_id").alias("_consents_membership")
    )


def holders_of(spine: DataFrame, membership: DataFrame) -> DataFrame:
    """The members of each application's household who share their membership, with its `_membership_id`.

    Args:
        spine: one row per application, with its `_household`.

    Returns:
        `_application`, `_member` and `_membership_id`.
    """
    shared = membership.where("_is_shared") if "_is_shared" in membership.columns else membership
    ever = shared.select(F.col("household_no").alias("_home"), F.col("subject_key").alias("_person")).distinct()
    people = spine.join(ever, F.expr("_household = _home")).drop("_household")
    return (
        _residence(people, shared)
        .join(spine.select(F.col("application_id").alias("_asking"), F.col("_household").alias("_own")),
              F.expr("application_id = _asking AND _household = _own"))
        .select(F.col("application_id").alias("_application"), F.col("_person").alias("_member"),
                F.col("consent_id").alias("_membership_id"))
    )  # fmt: skip


def _residence(people: DataFrame, membership: DataFrame) -> DataFrame:
    """The household of each `_person` at `as_of`: that of the valid membership that began last.

    Args:
        people: `application_id`, `_person`, `as_of` and the clock columns.

    Returns:
        `application_id`, `_person`, `_household` and the `consent_id` of the membership.
    """
    members = versions(membership, _MEMBERSHIP_KEY, versioned=True).select(
        F.col("subject_key").alias("_link"), "_usable_at", "_superseded_at", "household_no",
        "valid_from_date", "valid_to_date", "consent_id",
    )  # fmt: skip
    joined = people.join(members, F.expr(f"_person = _link AND {KNOWN} AND {_IN_FORCE}"))
    latest = F.max(F.struct("valid_from_date", "household_no", "consent_id")).alias("_latest")
    residence = joined.groupBy("application_id", "_person").agg(latest)
    household = F.col("_latest.household_no").alias("_household")
    return residence.select("application_id", "_person", household, "_latest.consent_id")
