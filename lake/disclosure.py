"""Disclosure, the only way for a person to see the vault's content: masked by the role's rules, always recorded."""

import json
from typing import Any

from pyspark.sql import DataFrame

from conf.schema.contract import Purpose
from conf.schema.errors import UsageError
from conf.schema.masks import shown_line, shown_row
from lake import contract_versions
from lake.audit import Trail, hashed
from lake.schema import BATCH
from lake.vault import Vault


def disclose(
    vault: Vault,
    trail: Trail,
    sealed: DataFrame,
    ciphertext: str,
    *,
    action: str,
    role_name: str | None,
    purpose: Purpose | None,
    why: str | None,
    **noted: Any,
) -> list[dict[str, Any]]:
    """Open sealed rows for the settings' operator; an entry is written to the audit trail before anything is returned.

    Args:
        sealed: `key_id`, `subject_key`, `source_table`, `_batch_id`, `is_line` (it isn't JSON), `is_in_place` (its
            values are known to stand in the columns that they belong to), `ciphertext` and any others.
        role_name: the role that the operator claims; the first that is held unless given.
        purpose: what for; None where rows are looked at to be put right, which is no use of theirs.
        why: the occasion, in words.
        noted: for the audit trail, beside who, role, purpose, why, how many and whom (hashed).

    Returns:
        The other columns of each row, and the row or line as it may be `shown`; none whose key was destroyed.

    Raises:
        FieldstoneError: the operator doesn't hold the role, the role may not do it for the purpose, or would see
            something in the clear and doesn't say why.
    """
    workspace = vault.lake.workspace
    operator = workspace.settings.operator
    role = workspace.roles.role_of(operator, role_name)
    if purpose:
        role.require(purpose)
    if role.in_the_clear and not why:
        raise UsageError(
            f"role {role.name} sees {', '.join(role.in_the_clear)} plain, but must give a reason: --why TEXT"
        )
    rows = [row.asDict() for row in vault.unseal_rows(sealed, ciphertext, "text").collect()]
    trail.record(
        operator,
        action,
        role=role.name,
        purpose=purpose,
        why=why,
        in_the_clear=role.in_the_clear,
        rows=len(rows),
        subjects=sorted({hashed(row["subject_key"]) for row in rows if row["subject_key"]}),
        **noted,
    )
    contracts = {table: workspace.contract(table) for table in {row["source_table"] for row in rows}}
    known = {table: contract_versions.of(vault.lake, contract) for table, contract in contracts.items()}
    versions = {table: contract_versions.taken_in_by(vault.lake, table) for table in contracts}
    for row in rows:
        text, table, in_place = row.pop("text"), row["source_table"], row.pop("is_in_place")
        if row["is_line"]:
            row["shown"] = shown_line(text, role)
        else:
            names = contract_versions.followed(versions[table].get(row[BATCH]), known[table])
            named = contract_versions.by_present_names(json.loads(text), names)
            row["shown"] = shown_row(named, contracts[table], role, in_place)
    return rows
