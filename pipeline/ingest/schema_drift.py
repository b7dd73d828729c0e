"""Differences of a partner's columns from the contract, found before a row is read."""

import re
from collections.abc import Collection

from conf.schema.contract import Contract
from conf.schema.errors import FieldstoneError, PartnerError
from pipeline.ingest.pull import SchemaDrift

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_NUMBER = re.compile(r"[0-9](?:_?[0-9]){5}")  # six digits, the length of the shortest numbers of persons
_NAMES_KEPT = 100
_NAMES_SHOWN = 8


def compared(where: str, names: Collection[str], contract: Contract) -> SchemaDrift:
    """Compare the received columns, under our names, with those that the contract declares.

    Args:
        where: the file, table or page, for the error.

    Raises:
        PartnerError: a required column is missing.
    """
    absent = contract.columns.keys() - set(names)
    if required := sorted(name for name in absent if contract.columns[name].required):
        raise PartnerError(
            f"{where} has no column {', '.join(required)}, which {contract.table} requires; "
            f"{_beside(names, contract)}; nothing of it was stored. {_remedy(names, required)}"
        )
    return SchemaDrift(undeclared(set(names) - contract.columns.keys()), tuple(sorted(absent)))


def _beside(names: Collection[str], contract: Contract) -> str:
    """The received columns that aren't declared, for an error; names that may be values are only counted."""
    strange = [name for name in names if name not in contract.columns]
    if not _is_header(names, contract):
        return f"none of its {len(names)} columns is declared, so they may be values and aren't shown: has it a header?"
    words = sorted(filter(_is_word, strange))
    hidden = len(strange) - len(words)
    parts = [", ".join([*words[:_NAMES_SHOWN], *(["…"] if len(words) > _NAMES_SHOWN else [])])] if words else []
    parts += [f"{hidden} that may be values and aren't shown"] if hidden else []
    return f"it has {len(names)} columns, of which undeclared: {' and '.join(parts) or 'none'}"


def _is_header(names: Collection[str], contract: Contract) -> bool:
    """Whether any name is declared, ignoring case; if none is, the line may have values instead of names."""
    return not {name.casefold() for name in names}.isdisjoint(name.casefold() for name in contract.columns)


def _remedy(names: Collection[str], required: Collection[str]) -> str:
    wanted = {name.casefold(): name for name in required}
    if cased := sorted(f"{name}: {wanted[name.casefold()]}" for name in names if name.casefold() in wanted):
        return f"Only the case of some differs: say `rename: {{{', '.join(cased)}}}` of the asset in its source"
    if len(names) == 1:
        return "One column alone may be a line that wasn't split: say `delimiter` of the asset in its source (of csv)"
    return (
        "Where the partner calls it otherwise, say `rename: {theirs: ours}` of the asset in its source; else ask the "
        "partner what changed, or change the contract"
    )


def undeclared(names: Collection[str]) -> tuple[str, ...]:
    """Names of undeclared columns, in the form that may be stored; a name that may be a value becomes `?`."""
    return tuple(sorted({name if _is_word(name) else "?" for name in names})[:_NAMES_KEPT])


def _is_word(name: str) -> bool:
    return bool(_WORD.fullmatch(name)) and not _NUMBER.search(name)


def changed_type(where: str, column: str, came: object, contract: Contract, name: str) -> FieldstoneError:
    """The error for a column of another type than the contract declares.

    It names only the kind of the received type; names of fields and time zones come from the partner and may be values.
    """
    kind = re.split(r"[<\[(]", str(came))[0]
    return PartnerError(
        f"{where}: column {column} is {kind}, but {contract.table} declares {contract.columns[name].type}; "
        "nothing of it was stored. Ask the partner what changed, or change the contract"
    )


def merged(drifts: Collection[SchemaDrift]) -> SchemaDrift:
    """The drifts of several files merged into one."""
    return SchemaDrift(
        tuple(sorted({name for drift in drifts for name in drift.ignored})),
        tuple(sorted({name for drift in drifts for name in drift.missing})),
    )
