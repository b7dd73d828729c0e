"""Notices of withdrawal in the wrong place: among granted consents, or in the folder of another source.

The columns that mark them aren't declared, and undeclared columns aren't stored. So they are checked before.
"""

import json
from collections.abc import Callable, Collection, Iterator

import pyarrow as pa

from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from conf.schema.quarantine_reasons import ReasonCode
from conf.schema.table_roles import TableRole
from lake.refusals import MAY_BE_NOTICES
from lake.withdrawal_words import says_end, speaks_of_end, speaks_of_state

_GRANTING = ("consent", "授权")
_CONSENTS = (*_GRANTING, "withdraw", "revok", "撤回", "撤销")


def set_aside(rows: pa.Table, read: pa.Table, contract: Contract) -> pa.Table:
    """The rows, in which those with an ended consent are marked and kept with all their values.

    Args:
        rows: the declared columns, `_reject` and `_raw`.
        read: the same rows with all received columns, under our names.
        contract: contract of the rows; only rows of the contract of consents are changed.
    """
    others = [name for name in read.column_names if name not in contract.columns]
    if contract.role is not TableRole.CONSENT or not others or not read.num_rows:
        return rows
    ended = [any(says_end(name, value) for name, value in row.items()) for row in read.select(others).to_pylist()]
    if not any(ended):
        return rows
    rows_read = zip(read.to_pylist(), ended, rows["_reject"].to_pylist(), rows["_raw"].to_pylist(), strict=True)
    marks = [
        (str(ReasonCode.ENDED_CONSENT), json.dumps(row, ensure_ascii=False)) if is_ended else (reject, raw)
        for row, is_ended, reject, raw in rows_read
    ]
    for place, name in enumerate(("_reject", "_raw")):
        column = pa.array([mark[place] for mark in marks], pa.string())
        rows = rows.set_column(rows.schema.get_field_index(name), name, column)
    return rows


def require_none(
    where: str,
    names: Collection[str],
    contract: Contract,
    values: Callable[[list[str]], Iterator[tuple[str, object]]] | None = None,
) -> None:
    """Refuse data of consents with columns on the end of a consent, for sources read without these columns.

    Args:
        where: the file, table or page, for the error.
        names: names of the columns, under our names.
        values: function that returns the values of columns, each with its name; without it, a column of states is
            refused for its name alone.

    Raises:
        ContractError: granted consents have such columns.
    """
    others = [] if contract.role is not TableRole.CONSENT else [name for name in names if name not in contract.columns]
    ends = {name for name in others if speaks_of_end(name) or (values is None and speaks_of_state(name))}
    if values and others and not ends:
        ends = {name for name, value in values(others) if says_end(name, value)}
    if ends:
        raise ContractError(
            f"{where} has {len(ends)} columns that {contract.table} doesn't declare and that speak of the end of a "
            "consent, so each of its rows may be a notice; nothing of it was stored. Ask the partner for withdrawals "
            "as a table of their own, and for consents without those columns"
        )


def speaks_of_consents(text: str) -> bool:
    """Whether a name contains a word for consents or withdrawals."""
    return any(word in text.casefold() for word in _CONSENTS)


def refusal_text(text: str, path: str, names: Collection[str], contract: Contract) -> str:
    """The reason why a file is refused, with a hint if it may have notices of withdrawal for another source.

    Args:
        text: the reason.
        path: path of the file, below the landing zone.
        names: names of its columns, as far as they could be read.
        contract: contract of the table in whose folder it is.
    """
    is_notice = any(map(speaks_of_end, names)) and any(word in name.casefold() for name in names for word in _GRANTING)
    if contract.role in (TableRole.CONSENT, TableRole.WITHDRAWAL) or not (is_notice or speaks_of_consents(path)):
        return text
    return f"{text}. It {MAY_BE_NOTICES}: move it to where those are looked for, or drop it if it holds none"
