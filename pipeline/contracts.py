"""Refuses changes of a contract that already has rows, unless they are planned; see `pipeline.resolution.migration`."""

from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from lake import contract_changes, contract_versions, grounds
from lake.contract_changes import Change, ChangeKind
from pipeline.context import Context


def require_planned(context: Context, contract: Contract) -> None:
    """Refuse to work by a contract that no longer fits its stored rows, until this is corrected.

    Raises:
        ContractError: a change is refused; the error names table, column and what to do.
    """
    differing = contract_changes.changes(context.lake, contract)
    if refused := [change for change in differing if change.kind is ChangeKind.REFUSED]:
        raise ContractError(refusal(contract, refused))
    if planned := [change for change in differing if change.kind.is_planned]:
        raise ContractError(
            f"the contract of {contract.table} has changed, but the stored rows haven't yet: {listed(planned)}; look "
            f"at the change (fieldstone contract diff {contract.table}) and carry it out (fieldstone contract migrate "
            f"{contract.table} --who NAME --why TEXT)"
        )


def require_grounds(context: Context) -> None:
    """Refuse jobs that depend on the legal grounds of rows while a contract states other grounds than its rows have.

    Raises:
        ContractError: as for `require_planned`.
    """
    before = contract_versions.recorded(context.lake)
    for contract in context.workspace.contracts.values():
        if grounds.on_recorded_grounds(contract, before.get(contract.table)) is not contract:
            require_planned(context, contract)


def keep(context: Context, contract: Contract) -> None:
    """Check as `require_planned` does, and record the contract as the one by which rows are ingested from now on.

    Raises:
        ContractError: a change is refused; the error names table, column and what to do.
    """
    require_planned(context, contract)
    contract_changes.renew_empty(context.lake, contract)
    contract_versions.note(context.lake, contract, context.as_of)


def refusal(contract: Contract, refused: list[Change]) -> str:
    """The text that refuses work by a contract."""
    return (
        f"the contract of {contract.table} has changed in a way that would lose or mix what is held: {listed(refused)}"
        ". Nothing was taken in or changed"
    )


def listed(differing: list[Change]) -> str:
    """Changes as text."""
    return "; ".join(f"{change.table}: {change.description}" for change in differing)
