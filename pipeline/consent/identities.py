"""The identity of a person, as far as the operator's role may see it."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema import table_names
from conf.schema.contract import Contract, LawfulBasis, Purpose
from lake import restrictions, stops
from lake.disclosure import disclose
from pipeline import contracts
from pipeline.consent import withdrawals
from pipeline.context import Context


def shown(context: Context, subject_key: str, purpose: Purpose, why: str, role: str | None) -> list[str]:
    """The data in the vault on a person that may be used for a purpose; an entry in the audit trail comes first.

    Raises:
        FieldstoneError: a withdrawal may be unknown, a contract's grounds changed, the operator doesn't have the role,
            or the role may not look at data for the purpose.
    """
    withdrawals.require_settled(context, "subject show")
    contracts.require_grounds(context)
    sealed = _sealed(context, subject_key, purpose)
    rows = disclose(
        context.vault, context.trail, sealed, "identity_ciphertext",
        action="subject show", role_name=role, purpose=purpose, why=why,
    )  # fmt: skip
    return sorted({f"{row['source_table']}  " + ", ".join(f"{k}={v}" for k, v in row["shown"].items()) for row in rows})


def _sealed(context: Context, subject_key: str, purpose: Purpose) -> DataFrame:
    lake = context.lake
    tables = [contract.table for contract in _usable(context, subject_key, purpose)]
    rows = lake.platform(table_names.IDENTITIES).where(F.col("subject_key") == subject_key)
    return (
        rows.where(F.col("source_table").isin(*tables))
        .join(restrictions.subjects(lake), "subject_key", "left_anti")
        .withColumns({"key_id": F.col("subject_key"), "is_line": F.lit(False), "is_in_place": F.lit(True)})
    )


def _usable(context: Context, subject_key: str, purpose: Purpose) -> list[Contract]:
    """Contracts whose rows of a person may be read for a purpose."""
    lake, closed = context.lake, stops.closed(context.lake)
    consents = lake.consenting(purpose, context.as_of)
    live = [] if consents is None else consents.where(F.col("subject_key") == subject_key).collect()
    scopes = {scope for row in live for scope in row["scopes"]}
    return [
        contract
        for contract in context.workspace.contracts.values()
        if purpose in contract.purposes
        and not {contract.source, stops.EVERYTHING} & closed
        and (contract.lawful_basis is not LawfulBasis.CONSENT or contract.consent_scope in scopes)
    ]
