"""Corrections of quarantined rows by a person."""

import json
import sys
from collections.abc import Collection
from pathlib import Path

from conf.schema.errors import UsageError
from pipeline.quarantine.waiting_rows import Waiting

Changes = dict[str, str | None]


def read(source: str | None) -> dict:
    """Read corrections, all values as text.

    Args:
        source: file with a JSON object, `-` for standard input: column → value for all rows, or the beginning of a
            row's id → such an object. None corrects nothing.

    Raises:
        UsageError: it is something else.
    """
    if source is None:
        return {}
    text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    try:
        parsed = json.loads(text, parse_int=str, parse_float=str)
    except ValueError as error:
        raise UsageError("the corrections aren't valid JSON; write one object of column and value") from error
    if not isinstance(parsed, dict) or len({isinstance(value, dict) for value in parsed.values()}) != 1:
        raise UsageError(
            "the corrections must be one JSON object: of column and value, or of row id and such an object"
        )
    return parsed


def of_row(corrections: dict, row: Waiting) -> Changes:
    """The corrections of one row: column → value."""
    nested = any(isinstance(value, dict) for value in corrections.values())
    of_row_id = [changes for key, changes in corrections.items() if row.row_hash.startswith(key)] if nested else []
    changes = corrections if not nested else of_row_id[0] if of_row_id else {}
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in changes.items()}


def applied(values: Changes, changes: Changes, columns: Collection[str]) -> list[str | None]:
    """A row with its corrections, in the order of the columns.

    Raises:
        UsageError: a correction has a column that the row lacks.
    """
    if unknown := changes.keys() - {*columns}:  # not quoted, because a mistyped name may be a row's value
        raise UsageError(
            f"corrections name {len(unknown):,} columns that rows in quarantine don't have; their columns are "
            f"{', '.join(columns)}"
        )
    return [(values | changes).get(name) for name in columns]
