"""Keys of records: columns that identify them or, if rows have no number, a hash made from the row."""

from collections.abc import Collection, Mapping
from typing import Any

from conf.schema.column import Column
from conf.schema.declaration import is_list, is_mapping

NAME = "record_key"
ROW = "row"
_EXAMPLE = "`primary_key: {hash_of: row}`, or `{hash_of: [sold_date, breed]}`"


def declared(stated: Any) -> Any:
    """A contract's content, with `primary_key: {hash_of: ...}` replaced by the key and the columns it is made from.

    Raises:
        ValueError: `hash_of` is neither `row` nor a list of columns.
    """
    if not is_mapping(stated) or not is_mapping(key := stated.get("primary_key")):
        return stated
    made_from = key.get("hash_of")
    if [*key] != ["hash_of"] or not (made_from == ROW or _is_list(made_from)):
        raise ValueError(f"primary_key is neither a list of columns nor made from the row: write {_EXAMPLE}")
    return {**stated, "primary_key": [NAME], "key_hash_of": made_from}


def require(key: Collection[str], made_from: Collection[str], columns: Mapping[str, Column]) -> None:
    """Make sure that the columns of a key exist, and that a hash can be made from its columns.

    Raises:
        ValueError: a column isn't declared, or goes to the vault, so that no hash can be made from it.
    """
    made: set[str] = {NAME} if made_from else set()
    made_from = () if made_from == ROW else made_from
    there = ", ".join(columns)
    if unknown := {*key} - {*columns, *made, "subject_key"}:
        raise ValueError(
            f"primary_key names undeclared columns {sorted(unknown)}; there are {there}. Where rows have no number, "
            f"write {_EXAMPLE}"
        )
    if unknown := {*made_from} - {*columns, "subject_key"}:
        raise ValueError(f"hash_of of primary_key names undeclared columns {sorted(unknown)}; there are {there}")
    if sealed := sorted(name for name in made_from if name in columns and columns[name].identifier):
        raise ValueError(
            f"hash_of of primary_key names {', '.join(sealed)}, which goes to the vault; name subject_key in its place"
        )
    if made and (NAME in columns or [*key] != [NAME]):
        raise ValueError(
            f"a key made from the row is called {NAME}: no column may have that name, and the key may contain nothing "
            "else"
        )


def _is_list(value: Any) -> bool:
    return is_list(value) and bool(value) and all(isinstance(each, str) for each in value)
