"""The grounds on which rows are held: those by which they were taken in, until a change of contract is planned."""

from pydantic import ValidationError

from conf.schema import table_names
from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from conf.schema.table_roles import FILE, TableRole
from lake.storage import Storage

TABLE = table_names.CONTRACTS


def on_recorded_grounds(contract: Contract, before: Contract | None) -> Contract:
    """A contract with the grounds on which rows are held by it.

    Args:
        contract: as it is declared.
        before: the contract by which rows were last taken in or migrated; None if there were none.

    Returns:
        The contract itself where it only narrows what rows may be used for, which holds at once.
    """
    if before is None:
        return contract
    is_same = (before.lawful_basis, before.consent_scope) == (contract.lawful_basis, contract.consent_scope)
    if is_same and {*contract.purposes} <= {*before.purposes}:
        return contract
    grounds = {name: getattr(before, name) for name in ("lawful_basis", "consent_scope", "purposes")}
    return contract.model_copy(update=grounds | {"subject": contract.subject or before.subject})


def require_same_grounds(lake: Storage, contract: Contract, table: str) -> None:
    """Refuse to read rows on grounds other than those on which they are held.

    Args:
        table: of the contract, in any layer.

    Raises:
        ContractError: the grounds were changed without a planned migration.
    """
    if on_recorded_grounds(contract, _recorded(lake, contract)) is not contract and lake.count(table):
        raise ContractError(
            f"the contract of {contract.table} states other grounds (lawful_basis, consent_scope, purposes) than "
            f"those under which rows of {table} are stored, so they aren't read; look at the change (fieldstone "
            f"contract diff {contract.table}), then undo it or carry it out (fieldstone contract migrate "
            f"{contract.table} --who NAME --why TEXT)"
        )


def of_consents(lake: Storage) -> tuple[Contract, Contract]:
    """The contracts of consents given and of notices that end one, each with the columns that its rows came with.

    Raises:
        ContractError: no table plays the role, or a column that carries what the role has was called otherwise when
            rows were taken in: a notice without its number would end nothing.
    """
    grant, withdrawal = map(lake.workspace.of_role, (TableRole.CONSENT, TableRole.WITHDRAWAL))
    for contract in (grant, withdrawal):
        before = _recorded(lake, contract)
        absent = [name for name in contract.carries.values() if before and name not in before.columns]
        if needed := [name for name in absent if contract.columns[name].required]:
            raise ContractError(
                f"{contract.table} was ingested without {', '.join(needed)}, which {FILE} names for the role "
                f"{contract.role}, so it can't be checked who has consented; look at the change (fieldstone contract "
                f"diff {contract.table}), then undo it or carry it out (fieldstone contract migrate {contract.table} "
                "--who NAME --why TEXT)"
            )
    return grant, withdrawal


def _recorded(lake: Storage, contract: Contract) -> Contract | None:
    """The contract by which rows were last taken in; None if there is none or it can't be parsed here."""
    records = lake.records(TABLE, source_table=contract.table) if lake.exists(TABLE) else []
    last = max(records, key=lambda record: record["version"], default=None)
    return parsed(last["declaration"]) if last else None


def parsed(text: str) -> Contract | None:
    """Parse a contract; None if another version of the product wrote it in terms that this one doesn't know."""
    try:
        return Contract.model_validate_json(text)
    except ValidationError:
        return None
