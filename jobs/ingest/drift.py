"""How what a partner sends differs from the contract, found before a row is read."""

from collections.abc import Collection

from conf.contract import Contract
from conf.errors import FieldstoneError
from jobs.ingest.pull import Drift


def compared(where: str, names: Collection[str], contract: Contract) -> Drift:
    """Compare the columns that came, under our names, with those that the contract declares.

    Args:
        where: the file, table or page, for the error.

    Raises:
        FieldstoneError: a required column is missing.
    """
    absent = contract.columns.keys() - set(names)
    if required := sorted(name for name in absent if contract.columns[name].required):
        raise FieldstoneError(
            f"{where} has no column {', '.join(required)}, which {contract.table} requires "
            f"(it has {len(names)} columns); nothing of it was stored. Ask the partner what changed, "
            "or change the contract"
        )
    return Drift(tuple(sorted(set(names) - contract.columns.keys())), tuple(sorted(absent)))


def changed_type(where: str, column: str, came: object, contract: Contract, name: str) -> FieldstoneError:
    """The error for a column that is of another type than the contract declares."""
    return FieldstoneError(
        f"{where}: column {column} is {came}, but {contract.table} declares {contract.columns[name].type}; "
        "nothing of it was stored. Ask the partner what changed, or change the contract"
    )


def merged(drifts: Collection[Drift]) -> Drift:
    """The drift of several files as one."""
    return Drift(
        tuple(sorted({name for drift in drifts for name in drift.ignored})),
        tuple(sorted({name for drift in drifts for name in drift.missing})),
    )
