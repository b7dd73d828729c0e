"""Sharing with the household: a consent to a text without sharing ends it at once, even while that consent still waits.

A consent that waits in quarantine or in an unrefined batch may be such a consent. Unless its text is plainly one that
shares, it ends the sharing of every subject who may have given it, at any date, because the date may be damaged.
"""

from collections.abc import Collection, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

SHA256, VERSION = "text_sha256", "text_version"
A_SHARING = "shares"  # `linked_by` of a waiting consent whose text plainly shares


def with_sharing(
    consents: DataFrame, texts: Collection[str], doubted: DataFrame | None = None, signed: DataFrame | None = None
) -> DataFrame:
    """Add `_is_shared`: the text shares, and no text that doesn't was signed later or at the same moment, or waits.

    Args:
        consents: consents that we know of, with `subject_key`, `text_sha256` and `granted_at`.
        texts: SHA-256 of the texts that share.
        doubted: `subject_key` of subjects who may have ended the sharing, see `doubted`.
        signed: all consents that may end the sharing, with the same columns; None: those of `consents`.
    """
    if not texts:
        return consents.withColumn("_is_shared", F.lit(False))
    shares = F.coalesce(F.col(SHA256).isin(*texts), F.lit(False))
    ended = (
        (consents if signed is None else signed)
        .where(~shares)
        .groupBy("subject_key")
        .agg(F.max("granted_at").alias("_unshared_at"))
    )
    is_last = F.col("_unshared_at").isNull() | (F.col("granted_at") > F.col("_unshared_at"))
    marked = consents.join(ended, "subject_key", "left").withColumn("_is_shared", shares & is_last).drop("_unshared_at")
    if doubted is None:
        return marked
    unsure = doubted.select("subject_key", F.lit(False).alias("_is_sure"))
    sure = F.col("_is_shared") & F.col("_is_sure").isNull()
    return marked.join(unsure, "subject_key", "left").withColumn("_is_shared", sure).drop("_is_sure")


def doubted(quarantine: DataFrame, unrefined: DataFrame, grants: DataFrame, texts: Mapping[str, str]) -> DataFrame:
    """Distinct `subject_key` of subjects who may have signed a text that doesn't share, by the consents that wait.

    Args:
        quarantine: of the consents given.
        unrefined: rows of bronze of batches that are not refined yet, or refused.
        grants: silver of the consents given, whose numbers identify the subject of a row without one.
        texts: SHA-256 and version of the texts that share.
    """
    people = F.array_append(F.coalesce("linked_subjects", F.array().cast("array<string>")), F.col("subject_key"))
    rejected = doubtful(quarantine).select(F.explode(F.array_compact(people)).alias("subject_key"))
    waiting = unrefined.where(~_names_one(texts)).select("subject_key")
    return rejected.union(_by_number(quarantine, grants)).union(waiting).where("subject_key IS NOT NULL").distinct()


def of_nobody(quarantine: DataFrame, grants: DataFrame) -> DataFrame:
    """The doubtful consents whose subject is unknown, so that they end nobody's sharing."""
    unknown = "subject_key IS NULL AND COALESCE(SIZE(linked_subjects), 0) < 1"
    rows = doubtful(quarantine).where(unknown)
    return rows.join(_numbered(rows, grants).select("_row_hash").distinct(), "_row_hash", "left_anti")


def _by_number(quarantine: DataFrame, grants: DataFrame) -> DataFrame:
    return _numbered(doubtful(quarantine), grants).select(F.col("_owner").alias("subject_key"))


def _numbered(rows: DataFrame, grants: DataFrame) -> DataFrame:
    """Rows joined with the owner of each consent whose number they name, in upper or lower case."""
    owners = grants.select(F.upper("consent_no").alias("_named"), F.col("subject_key").alias("_owner"))
    return rows.select("_row_hash", F.explode("linked_consents").alias("_named")).join(owners, "_named")


def doubtful(quarantine: DataFrame) -> DataFrame:
    """The waiting consents whose text isn't plainly one that shares."""
    return quarantine.where(F.coalesce(F.col("linked_by") != A_SHARING, F.lit(True)))


def is_plain(row: Mapping[str, object], texts: Mapping[str, str]) -> bool:
    """Whether both hash and version in a row are those of a text that shares."""
    sha256 = str(row.get(SHA256)).strip().lower()
    return sha256 in texts and str(row.get(VERSION)).strip() == texts[sha256]


def _names_one(texts: Mapping[str, str]) -> Column:
    named = [(F.lower(F.trim(SHA256)) == sha256) & (F.trim(VERSION) == version) for sha256, version in texts.items()]
    is_named = F.lit(False)
    for each in named:
        is_named |= F.coalesce(each, F.lit(False))
    return is_named
