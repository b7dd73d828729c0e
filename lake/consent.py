"""The gate: which subjects' rows may be seen for a purpose at a moment (PIPL art. 13-17)."""

from collections.abc import Collection
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.contract import Contract, Purpose
from conf.errors import FieldstoneError


def holding(
    grants: DataFrame,
    withdrawals: DataFrame,
    unclear: DataFrame,
    recipient: str,
    purposes: Collection[Purpose],
    as_of: datetime,
) -> DataFrame:
    """Consents that hold at a moment for at least one of the purposes.

    A consent holds from `granted_at`, provided that we knew of it, until `expires_at` or its withdrawal, whichever
    is first. A withdrawal counts from `withdrawn_at` even when its notice came later; of several notices the earliest
    counts. As long as a notice can't be read, none of its subject's consents holds.

    Args:
        grants: silver of `consent__grant`.
        withdrawals: silver of `consent__withdrawal`.
        unclear: `subject_key` and `quarantined_at` of the notices of withdrawal that wait in quarantine.
        recipient: who wants to use the data; a consent for somebody else doesn't count.
        purposes: any of them suffices.
        as_of: the moment, UTC.

    Returns:
        The rows of `grants` that hold.
    """
    moment = F.lit(as_of)
    unsure = unclear.where(F.col("quarantined_at") <= moment).select("subject_key").distinct()
    withdrawn = withdrawals.where(F.col("withdrawn_at") <= moment).select("consent_no").distinct()
    wanted = F.array(*[F.lit(str(purpose)) for purpose in sorted(purposes)])
    return (
        grants.where((F.col("granted_at") <= moment) & (F.col("known_at") <= moment) & (F.col("expires_at") > moment))
        .where((F.col("recipient") == recipient) & F.arrays_overlap(F.split("purposes", ";"), wanted))
        .join(withdrawn, "consent_no", "left_anti")
        .join(unsure, "subject_key", "left_anti")
    )


def by_scope(consents: DataFrame) -> DataFrame:
    """One row per `subject_key` and `scope` with the `consent_id` that permits it, the latest given."""
    return (
        consents.select("subject_key", F.explode(F.split("scopes", ";")).alias("scope"), "granted_at", "consent_no")
        .groupBy("subject_key", "scope")
        .agg(F.max_by("consent_no", F.struct("granted_at", "consent_no")).alias("consent_id"))
    )


def for_contract(consents: DataFrame, contract: Contract) -> DataFrame:
    """(`subject_key`, `consent_id`) of those who let us see the contract's table."""
    permitted = by_scope(consents).where(F.col("scope") == contract.consent_scope).select("subject_key", "consent_id")
    return F.broadcast(permitted)


def gate_derived(rows: DataFrame, consents: DataFrame) -> DataFrame:
    """Keep derived rows (`consent_ids` array) all of whose consents still hold."""
    used = rows.select("application_id", F.explode("consent_ids").alias("consent_no"))
    gone = used.join(consents, "consent_no", "left_anti").select("application_id").distinct()
    return rows.join(gone, "application_id", "left_anti")


def require_purpose(contract: Contract, purposes: Collection[Purpose]) -> None:
    """Refuse a purpose that the contract doesn't name.

    Raises:
        FieldstoneError: the table may not be used for it.
    """
    if foreign := set(purposes) - set(contract.purposes):
        raise FieldstoneError(
            f"{contract.table} may not be read for {', '.join(sorted(foreign))}; "
            f"its contract allows {', '.join(contract.purposes)}"
        )
