"""Checks the tables and columns that a source names against the contracts that declare them."""

from collections.abc import Mapping

from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from conf.schema.source import Source


def require_tables(entry: Source, contracts: Mapping[str, Contract]) -> None:
    """Make sure that each asset of a source has a contract.

    Raises:
        ContractError: an asset has none.
    """
    if absent := [asset for asset in entry.assets if f"{entry.name}__{asset}" not in contracts]:
        tables = ", ".join(f"{entry.name}__{asset}" for asset in absent)
        raise ContractError(
            f"source {entry.name} lists {', '.join(absent)}, and no contract declares {tables}; there are "
            f"{', '.join(sorted(contracts)) or 'none'}. Declare it in conf/contracts/{entry.name}/{absent[0]}.yaml, or "
            f"take it out of the source in conf/sources (erasure goes on to reach what was received)"
        )


def require_renamed(entry: Source, contracts: Mapping[str, Contract]) -> None:
    """Make sure that each `rename` leads to a column of the contract; otherwise its values would be left out.

    Raises:
        ContractError: the contract doesn't have the new name, or the two names are the wrong way round.
    """
    for name, asset in entry.assets.items():
        contract = contracts[f"{entry.name}__{name}"]
        known = contract.columns.keys() | contract.renamed.keys()
        for theirs, ours in asset.rename.items():
            if ours in known:
                continue
            remedy = (
                f"turn it round: {ours}: {theirs}" if theirs in known else f"give one of {', '.join(contract.columns)}"
            )
            raise ContractError(
                f"source {entry.name}: {name}.rename calls {theirs} {ours}, and {contract.table} has no column {ours}; "
                f"rename says `the partner's name: ours`, so {remedy}"
            )
