"""Shared by the readers of files: chunks of a bounded size, and marks for unreadable values."""

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from conf.schema.errors import PartnerError
from conf.schema.quarantine_reasons import ReasonCode

CHUNK_ROWS = 20_000
CHUNK_BYTES = 8 << 20
REPLACEMENT = "\ufffd"  # replaces a byte that isn't valid in the encoding, and a value that a cell doesn't show

NUL = "\0"  # occurs only in damaged bytes, never in text; hashes and databases ignore it, or end a text at it

Chunk = tuple[pa.Table | list[str], ReasonCode | None]
"""Rows of text, with a reason if all of them are set aside; or lines that are no rows, with theirs."""


def is_no_text(value: object) -> bool:
    """Whether a JSON value can't be a text: it is a truth value, a list or an object."""
    return isinstance(value, (bool, list, dict))


def unreadable(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Whether each text contains a character that no text has."""
    return pc.or_(*(pc.fill_null(pc.match_substring(texts, mark), False) for mark in (REPLACEMENT, NUL)))


def unique(names: Collection[str]) -> list[str]:
    """The names of columns, after a check that they differ.

    Raises:
        PartnerError: a name occurs twice.
    """
    if twice := len(names) - len(set(names)):
        raise PartnerError(f"the header names {twice} columns twice; ask the partner which of them is meant")
    return list(names)
