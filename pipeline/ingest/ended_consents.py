"""Notices of withdrawal in the wrong place: among the consents given, where they pass as none, or in another's folder.

Nobody declares the columns that say so, and columns that nobody declares aren't kept. So they are looked at before.
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
    """Rows as they are handed on, those that say that their consent has ended marked and kept with all that they say.

    Args:
        rows: the declared columns, `_reject` and `_raw`.
        read: the same rows with all columns that came, under our names.
        contract: of the rows; those of others are no consents.
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
    """Refuse what has columns that speak of the end of a consent where rows are read without them.

    Args:
        where: the file, table or page, for the error.
        names: of the columns, under our names.
        values: of some columns, each with its name; where they can't be had, a column of states is refused for its
            name.

    Raises:
        ContractError: there are some among consents given.
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
    """Whether a name has a word of consents, be they given or withdrawn."""
    return any(word in text.casefold() for word in _CONSENTS)


def refusal_text(text: str, path: str, names: Collection[str], contract: Contract) -> str:
    """Why a file is refused; with a word on it where it may be one of notices that lies in another source's folder.

    Args:
        text: the reason.
        path: of the file, below the landing zone.
        names: of its columns, as far as they could be read.
        contract: of the table in whose folder it lies.
    """
    is_notice = any(map(speaks_of_end, names)) and any(word in name.casefold() for name in names for word in _GRANTING)
    if contract.role in (TableRole.CONSENT, TableRole.WITHDRAWAL) or not (is_notice or speaks_of_consents(path)):
        return text
    return f"{text}. It {MAY_BE_NOTICES}: move it to where those are looked for, or drop it if it holds none"
