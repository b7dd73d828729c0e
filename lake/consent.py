"""The consent gate: which subjects' rows may be read for a purpose at a moment (PIPL art. 13-17)."""

from collections.abc import Collection
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Contract, Purpose
from conf.schema.errors import ConsentError
from conf.schema.gold_table import GoldTable
from conf.schema.quarantine_reasons import ReasonCode
from lake import sharing
from lake.schema import BATCH

# the column that identifies a consent, in consents and in notices of withdrawal: see `by_role`
CONSENT_NO = "consent_no"
# How certain the link between a waiting notice of withdrawal and a consent or person is, see `lake.notices`.
BY_CONSENT, BY_SUBJECT = "consent", "subject"
A_NOTICE = "notice"  # a waiting row that was delivered as a consent and may end one

_NOTICE = [BATCH, "_row_hash"]


def by_role(rows: DataFrame, contract: Contract) -> DataFrame:
    """Rows of a table that plays a role, with the role's columns renamed to the platform's names.

    Args:
        rows: of bronze or silver.
        contract: of the rows, see `Contract.by_role`.
    """
    if not contract.has_own_names:
        return rows
    return rows.select(*(F.col(theirs).alias(ours) for theirs, ours in contract.by_role(rows.columns).items()))


def live_consents(
    grants: DataFrame,
    withdrawals: DataFrame,
    unclear: DataFrame,
    recipient: str,
    purposes: Collection[Purpose],
    as_of: datetime,
    sharing_texts: Collection[str] = (),
    doubted: DataFrame | None = None,
) -> DataFrame:
    """Consents that are in force at a moment for at least one of the purposes.

    A consent holds from `granted_at`, provided that we knew of it, until `expires_at` or its withdrawal, whichever
    is first. A notice of withdrawal counts from its `withdrawn_at`, even if it was received later; if it names a later
    moment, it counts from when it became known. Of several notices the earliest counts. While a notice waits in
    quarantine, no consent holds that it may mean (see `unclear_since`).

    A subject who signs a text that doesn't share records with the household ends the sharing by all her earlier
    consents, for any scope or purpose, even if that signature ends later; only a new signature under a text that shares
    begins it anew.
    To end the sharing, a consent may spell the recipient differently; to permit anything, it must name it exactly.
    While a consent waits whose text isn't plainly one that shares, each subject who may have given it shares nothing.

    Args:
        grants: silver of the consents given, by the platform's names (`by_role`), as are
        withdrawals: silver of the notices that end one.
        unclear: quarantine of these, the notices that wait there.
        recipient: who wants to use the data; a consent for somebody else doesn't count.
        purposes: any of them suffices.
        as_of: the moment, UTC.
        sharing_texts: SHA-256 of the texts that share records with the household, see `conf.schema.consent_text`.
        doubted: `subject_key` of those who may have ended the sharing, see `lake.sharing`.

    Returns:
        The rows of `grants` that hold, with `_is_shared`, whether they let records serve the household.
    """
    moment = F.lit(as_of)
    unsure = unclear_since(grants, unclear.where(F.col("quarantined_at") <= moment)).select(CONSENT_NO)
    withdrawn = ended_at(withdrawals).where(F.col("withdrawn_at") <= moment).select(CONSENT_NO)
    wanted = F.array(*[F.lit(str(purpose)) for purpose in sorted(purposes)])
    known = grants.where((F.col("granted_at") <= moment) & (F.col("known_at") <= moment))
    ours = known.where(F.col("recipient") == recipient)
    signed = sharing.with_sharing(
        ours, sharing_texts, doubted, known.where(_bare("recipient") == _bare(F.lit(recipient)))
    )
    return (
        signed.where((F.col("expires_at") > moment) & F.arrays_overlap(F.split("purposes", ";"), wanted))
        .join(withdrawn, CONSENT_NO, "left_anti")
        .join(unsure, CONSENT_NO, "left_anti")
    )


def _bare(name: str | Column) -> Column:
    """A name in lower case without blanks and marks, which people write in different ways."""
    return F.lower(F.regexp_replace(name, r"[^\p{L}\p{N}]", ""))


def ended_at(withdrawals: DataFrame) -> DataFrame:
    """(`consent_no`, `withdrawn_at`): the moment at which each withdrawn consent ended."""
    since = F.min(F.least("withdrawn_at", "known_at"))
    return withdrawals.groupBy(CONSENT_NO).agg(since.alias("withdrawn_at"))


def unclear_since(grants: DataFrame, notices: DataFrame) -> DataFrame:
    """(`consent_no`, `unclear_at`): consents that a waiting notice may have ended, and since when.

    A notice stops the consents whose numbers it names. Unless it surely names one of its own subject, or nothing tells
    who that is, it stops all consents of the subjects that it names as well: its number may be wrong, may be of a
    consent that we don't know, or may be another person's.
    """
    named, owned = _named(grants, notices), _owned(grants, notices)
    both = named.select(CONSENT_NO, "quarantined_at").union(owned.select(CONSENT_NO, "quarantined_at"))
    return both.groupBy(CONSENT_NO).agg(F.min("quarantined_at").alias("unclear_at"))


def of_nobody(grants: DataFrame, notices: DataFrame) -> DataFrame:
    """The waiting notices that can't be linked to a consent for sure, so that any consent may have been withdrawn.

    A notice in good order that names a consent we don't know isn't among them: there is nothing that it could end yet.
    """
    named = _named(grants, notices).where(F.col("linked_by") == BY_CONSENT).select(*_NOTICE)
    owned = _owned(grants, notices).where(F.col("linked_by").isNotNull()).select(*_NOTICE)
    is_early = F.col("subject_key").isNotNull() & (F.array_join("reasons", ",") == ReasonCode.ORPHAN_KEY.value)
    return notices.where(~is_early).join(named.union(owned).distinct(), _NOTICE, "left_anti")


def _named(grants: DataFrame, notices: DataFrame) -> DataFrame:
    """Notices joined with each consent whose number they name, and with its owner."""
    numbers = notices.select("*", F.explode("linked_consents").alias("_named"))
    owners = grants.select(CONSENT_NO, F.upper(CONSENT_NO).alias("_named"), F.col("subject_key").alias("_owner"))
    return numbers.join(owners, "_named")


def _owned(grants: DataFrame, notices: DataFrame) -> DataFrame:
    """Notices joined with each consent of the subjects they name, where the number alone doesn't identify it."""
    subjects = F.array_compact(
        F.array_append(F.coalesce("linked_subjects", F.array().cast("array<string>")), F.col("subject_key"))
    )
    with_subjects = notices.withColumn("_subjects", subjects)
    is_own = (F.col("linked_by") == BY_CONSENT) & F.array_contains("_subjects", F.col("_owner"))
    settled = _named(grants, with_subjects).where(is_own).select(*_NOTICE).distinct()
    owners = grants.select(CONSENT_NO, F.col("subject_key").alias("_owner"))
    open_ones = with_subjects.join(settled, _NOTICE, "left_anti").select("*", F.explode("_subjects").alias("_owner"))
    return open_ones.join(owners, "_owner")


def by_scope(consents: DataFrame) -> DataFrame:
    """One row per `subject_key` and `scope` with the `consent_id` that permits it, and `_is_shared` of `live_consents`.

    Of several consents, one that shares records with the household comes first; among equals, the latest one.
    """
    latest = F.max(F.struct("_is_shared", "granted_at", "consent_no")).alias("_latest")
    return (
        consents.select(
            "subject_key", F.explode(F.split("scopes", ";")).alias("scope"), "_is_shared", "granted_at", CONSENT_NO
        )
        .groupBy("subject_key", "scope")
        .agg(latest)
        .select("subject_key", "scope", F.col("_latest.consent_no").alias("consent_id"), "_latest._is_shared")
    )


def by_subject(consents: DataFrame) -> DataFrame:
    """One row per `subject_key` with the array of its `scopes`, sorted."""
    return by_scope(consents).groupBy("subject_key").agg(F.sort_array(F.collect_set("scope")).alias("scopes"))


def for_contract(consents: DataFrame, contract: Contract) -> DataFrame:
    """(`subject_key`, `consent_id`, `_is_shared`) of subjects whose consent covers the contract, see `by_scope`."""
    permitted = by_scope(consents).where(F.col("scope") == contract.consent_scope)
    return F.broadcast(permitted.select("subject_key", "consent_id", "_is_shared"))


def require_purpose(declared: Contract | GoldTable, purposes: Collection[Purpose]) -> None:
    """Refuse a purpose that a table's declaration doesn't name.

    Raises:
        ConsentError: the table may not be used for it, or no purpose is named.
    """
    if not purposes:
        raise ConsentError(
            f"{declared.table} can't be read without a purpose; give one of {', '.join(declared.purposes)}"
        )
    if foreign := set(purposes) - set(declared.purposes):
        raise ConsentError(
            f"{declared.table} may not be read for {', '.join(sorted(foreign))}; "
            f"its contract allows {', '.join(declared.purposes)}"
        )
