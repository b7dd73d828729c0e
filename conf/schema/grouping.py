"""Groups of applicants, such as households or townships, by a column of a contract that models never learn from."""

from collections.abc import Iterator, Mapping

from pydantic import Field

from conf.schema.contract import Contract, Purpose, Text
from conf.schema.declaration import Declaration
from conf.schema.errors import ContractError


class Grouping(Declaration):
    """Groups of applicants with equal values in a column.

    Attributes:
        table: table of a contract that has a subject and allows model training.
        column: column of the table; of several rows of one applicant, the latest known counts.
        first: number of first characters to compare, such as 9 of a village's division code for the township; None
            compares the whole value.
        title: name for one group, such as household.
    """

    table: str
    column: str
    first: int | None = Field(default=None, gt=0)
    title: Text


def require_there(of: Grouping, contracts: Mapping[str, Contract], what: str) -> None:
    """Refuse a grouping whose column doesn't exist, or by which people must not be grouped.

    Args:
        what: begin of the error's text, such as `model conf/models/a.yaml is not valid: split.together`.

    Raises:
        ContractError: the table or column isn't there, or isn't one to group by.
    """
    allowed = {table: names for table, each in contracts.items() if (names := [*_columns(each)])}
    if of.table not in allowed:
        raise ContractError(
            f"{what}: applicants can't be grouped by table {of.table!r}; it must have a subject and the purpose "
            f"{Purpose.MODEL_TRAINING}, as these have: {', '.join(sorted(allowed)) or 'there is none'}"
        )
    if of.column not in allowed[of.table]:
        raise ContractError(
            f"{what}: {of.table} has no column {of.column!r} to group applicants by; it has "
            f"{', '.join(allowed[of.table])} (none that identifies, is protected or tells the outcome)"
        )


def _columns(contract: Contract) -> Iterator[str]:
    if contract.subject and Purpose.MODEL_TRAINING in contract.purposes:
        for name, column in contract.columns.items():
            if not (column.identifier or column.protected or column.outcome):
                yield name
