"""What a source says of tables and columns, held against the contracts that declare them."""

from collections.abc import Mapping

from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from conf.schema.source import Source


def require_tables(entry: Source, contracts: Mapping[str, Contract]) -> None:
    """Refuse a source with an asset of which no contract says what it is.

    Raises:
        ContractError: it has one.
    """
    if absent := [asset for asset in entry.assets if f"{entry.name}__{asset}" not in contracts]:
        tables = ", ".join(f"{entry.name}__{asset}" for asset in absent)
        raise ContractError(
            f"source {entry.name} lists {', '.join(absent)}, and no contract declares {tables}; there are "
            f"{', '.join(sorted(contracts)) or 'none'}. Declare it in conf/contracts/{entry.name}/{absent[0]}.yaml, or "
            f"take it out of the source in conf/sources (erasure goes on to reach what was received)"
        )


def require_renamed(entry: Source, contracts: Mapping[str, Contract]) -> None:
    """Refuse to call a partner's column by a name that its contract doesn't have: its values would be left out.

    Raises:
        ContractError: a `rename` does, or is said the other way round.
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
