"""Admission of rows: each is checked for its subject, gated, minimised and pseudonymised, or rejected."""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf.schema.clock import local_sql
from conf.schema.contract import Contract, LawfulBasis
from conf.schema.identifiers import BLANKS
from conf.schema.quarantine_reasons import ReasonCode
from conf.schema.table_roles import TableRole
from expectations import typed
from expectations.identifiers import normalised
from expectations.typed import Zones
from lake.cipher import Key
from lake.vault import sealed_under, token, token_of_few
from pipeline.ingest import opaque
from pipeline.ingest.subject import with_subject

ACCEPTED, REJECTED, NOT_AUTHORISED, DUPLICATE = "accepted", "rejected", "not_authorised", "duplicate"
IDENTITY = "identity"


def admit(
    rows: DataFrame,
    contract: Contract,
    *,
    pseudonym_key: bytes,
    numbers_key: bytes,
    batch_key: Key,
    batch_id: str,
    permitted: DataFrame | None,
    restricted: DataFrame,
    today: date,
    zones: Zones,
    carried: Sequence[str] = (),
) -> DataFrame:
    """Convert rows as read into rows that may be stored.

    Args:
        rows: declared columns as text, with `_source_ref`, `_reject` and `_raw`.
        pseudonym_key: key of the subjects' tokens.
        numbers_key: key of the tokens of accounts, households and the like, see `lake.pseudonym`.
        batch_key: data key under which identifiers and rejected rows are sealed until they are stored.
        permitted: (`subject_key`, `consent_id`) of the subjects who may be admitted; None if no consent is needed.
        restricted: `subject_key` of the subjects whose data may no longer be admitted.
        today: latest allowed date of birth.
        zones: time zones for reading moments, if the contract requires an age.
        carried: additional columns by which the caller identifies its rows later.

    Values that become tokens or are sealed are checked before that, in canonical form (see `opaque`).

    Returns:
        The stored columns, `subject_key`, `consent_id`, `_source_ref`, the `carried` columns, `_row_hash`, `_status`,
        `_reject` and `_sealed`. `_sealed` has the identifiers of an accepted row, or a rejected row as received; the
        hash of a rejected row is keyed, because it covers plain identifiers, and its subject may be unknown. A row
        of a subject without consent keeps only its `_status`, for counting, however damaged it is.
    """
    of_age = _of_age(with_subject(rows, contract, pseudonym_key, today), contract, zones)
    keyed = opaque.with_plain(of_age, contract)
    stopped = F.broadcast(restricted).withColumn("_is_restricted", F.lit(True))
    gated = stopped.join(_gated(keyed, permitted), "subject_key", "right")
    allowed = _consented(contract) & F.col("_is_restricted").isNull()
    # no data of a subject without consent are kept, whatever other faults the row has
    is_kept_out = F.col("subject_key").isNotNull() & ~allowed & _may_be_kept_out(contract)
    reject = F.when(~is_kept_out, F.coalesce("_reject", F.when(allowed, opaque.fault(contract))))
    rejected = ~is_kept_out & F.col("_reject").isNotNull()
    status = F.when(rejected, REJECTED).when(allowed, ACCEPTED).otherwise(NOT_AUTHORISED)
    plaintext = F.when(F.col("_status") == REJECTED, F.coalesce("_raw", _as_json(contract.columns)))
    if _has_identity(contract):
        plaintext = plaintext.when(F.col("_status") == ACCEPTED, _as_json(contract.identifiers))
    accepted, is_kept = F.col("_status") == ACCEPTED, F.col("_status") != NOT_AUTHORISED
    stored = [
        F.when(accepted, token(opaque.plain(name), numbers_key) if column.pseudonym else F.col(name)).alias(name)
        for name, column in contract.stored.items()
    ]
    kept = [F.when(is_kept, F.col(name)).alias(name) for name in ("subject_key", "consent_id", "_source_ref", *carried)]
    return (
        gated.withColumn("_reject", reject)
        .withColumn("_status", status)
        .select(
            *stored,
            *kept,
            "_status",
            "_reject",
            sealed_under(plaintext, batch_key, batch_id).alias("_sealed"),
            token_of_few(F.when(F.col("_status") == REJECTED, plaintext), pseudonym_key).alias("_row_hash"),
        )
        .withColumn("_row_hash", F.coalesce("_row_hash", F.when(accepted, row_hash([*contract.stored, "subject_key"]))))
    )


def without_tokens(rows: DataFrame, contract: Contract, tokens: tuple[str, ...]) -> DataFrame:
    """The rows with null in place of null tokens."""
    if not tokens:
        return rows
    stand_for_none = {name: F.trim(F.col(name), F.lit(BLANKS)).isin(*tokens) for name in contract.columns}
    return rows.withColumns(
        {name: F.when(~F.coalesce(is_none, F.lit(False)), F.col(name)) for name, is_none in stand_for_none.items()}
    )


def readmit(rows: DataFrame, contract: Contract, permitted: DataFrame | None, carried: Sequence[str] = ()) -> DataFrame:
    """Admit rows again that were in bronze before, if they may still be stored; they have no identifiers.

    Args:
        rows: the stored columns as text, accounts as tokens, with `subject_key` and `_source_ref`.
        permitted, carried: see `admit`.
    """
    return _gated(rows, permitted).select(
        *contract.stored,
        "subject_key",
        "consent_id",
        "_source_ref",
        *carried,
        F.when(_consented(contract), ACCEPTED).otherwise(NOT_AUTHORISED).alias("_status"),
        F.lit(None).cast("string").alias("_reject"),
        F.lit(None).cast("binary").alias("_sealed"),
        row_hash([*contract.stored, "subject_key"]).alias("_row_hash"),
    )


def without_known(rows: DataFrame, known: DataFrame) -> DataFrame:
    """Mark rows that an earlier batch has as duplicates.

    Args:
        rows: rows as `admit` returns them.
        known: distinct `_row_hash` of the rows that may occur again.
    """
    marked = known.withColumn("_known", F.lit(True)).join(rows, "_row_hash", "right")
    return marked.withColumn("_status", F.when(F.col("_known"), DUPLICATE).otherwise(F.col("_status"))).drop("_known")


def identities_apart(rows: DataFrame, contract: Contract) -> DataFrame:
    """Move the sealed identifiers of accepted rows to rows of their own, of status `identity`.

    So an accepted row has nothing left that must not be in bronze.
    """
    if not _has_identity(contract):
        return rows
    has_both = (F.col("_status") == ACCEPTED) & F.col("_sealed").isNotNull()
    kinds = F.when(has_both, f"{ACCEPTED} {IDENTITY}").otherwise(F.col("_status"))
    apart = rows.withColumn("_status", F.explode(F.split(kinds, " ")))
    return apart.withColumn("_sealed", F.when(F.col("_status") != ACCEPTED, F.col("_sealed")))


def row_hash(columns: list[str]) -> Column:
    """SHA-256 over the text of the columns, in their order; null differs from empty."""
    return F.sha2(F.concat_ws("\x1f", *[F.coalesce(F.col(c), F.lit("\x00")) for c in columns]), 256)


def _of_age(rows: DataFrame, contract: Contract, zones: Zones) -> DataFrame:
    """Reject rows of persons who were too young or whose age is unknown; bronze has no birth date to check later."""
    if not contract.subject or not (aged_on := contract.subject.aged_on):
        return rows
    moment = typed.value(F.col(aged_on), contract.columns[aged_on], zones)
    on = F.to_date(F.expr(local_sql("_aged_on", zones.bank)))
    rows = rows.withColumn("_aged_on", moment)
    day = F.year(on) * 10000 + F.month(on) * 100 + F.dayofmonth(on)
    born = F.substring(normalised(F.col(contract.subject.column)), 7, 8).try_cast("int")
    is_young = born + (contract.subject.min_age_years or 0) * 10000 > day
    unsaid = F.when(typed.text(F.col(aged_on)).isNull(), str(ReasonCode.MISSING_VALUE)).otherwise(
        str(ReasonCode.BAD_TYPE)
    )
    fault = F.when(is_young, str(ReasonCode.UNDER_AGE)).when(F.col("_aged_on").isNull(), unsaid)
    return rows.withColumn("_reject", F.coalesce("_reject", fault))


def _gated(rows: DataFrame, permitted: DataFrame | None) -> DataFrame:
    if permitted is None:
        return rows.withColumn("consent_id", F.lit(None).cast("string"))
    return permitted.join(rows, "subject_key", "right")  # an engine may keep the left side in memory


def _consented(contract: Contract) -> Column:
    return F.col("consent_id").isNotNull() if contract.lawful_basis is LawfulBasis.CONSENT else F.lit(True)


def _may_be_kept_out(contract: Contract) -> Column:
    """Whether the gates may keep a row out; not a damaged notice of withdrawal, which must always have an effect."""
    return F.col("_reject").isNull() if contract.role is TableRole.WITHDRAWAL else F.lit(True)


def _has_identity(contract: Contract) -> bool:
    """Whether a contract has further identifiers of its subject, or registers subjects."""
    return len(contract.identifiers) > 1 or contract.registers_subject


def _as_json(columns) -> Column:
    return F.to_json(F.struct(*columns))
