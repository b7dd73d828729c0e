"""What the readers of files share: pieces of a bounded size, and how what can't be read is marked."""

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from conf.schema.errors import PartnerError
from conf.schema.quarantine_reasons import ReasonCode

CHUNK_ROWS = 20_000
CHUNK_BYTES = 8 << 20
REPLACEMENT = "\ufffd"  # what a byte that the encoding doesn't have is read as, and what a cell can't tell

NUL = "\0"  # stands in no text, but in bytes that went wrong; hashes and databases take it for nothing, or for an end

Chunk = tuple[pa.Table | list[str], ReasonCode | None]
"""Rows of text, with a reason if all of them are set aside; or lines that are no rows, with theirs."""


def is_no_text(value: object) -> bool:
    """Whether a JSON value stands for no text, whatever it is written as: a truth value, a list or an object."""
    return isinstance(value, (bool, list, dict))


def unreadable(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Whether each text holds what is none."""
    return pc.or_(*(pc.fill_null(pc.match_substring(texts, mark), False) for mark in (REPLACEMENT, NUL)))


def unique(names: Collection[str]) -> list[str]:
    """The names of columns.

    Raises:
        PartnerError: one of them comes twice.
    """
    if twice := len(names) - len(set(names)):
        raise PartnerError(f"the header names {twice} columns twice; ask the partner which of them is meant")
    return list(names)
