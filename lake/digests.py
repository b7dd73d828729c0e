"""Keyed digests of rows: without the key and the row they reveal nothing of it, see `lake.seals`."""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

from conf.schema.gold import NAMED_BY
from conf.schema.naming import parse
from lake.audit import Trail
from lake.tables import Lake

_HEX = 32  # digits of a digest: 128 bits


@dataclass(frozen=True)
class Sealed:
    """The digests of one row.

    Attributes:
        key_digest: digest of the columns that identify the row.
        row_digest: digest of all its columns; None if the row no longer exists.
        replaces: digest of the row that it replaced, None for a new row.
    """

    key_digest: str
    row_digest: str | None
    replaces: str | None = None


def naming(lake: Lake, table: str) -> tuple[str, ...]:
    """Columns that identify a row of a table."""
    return NAMED_BY.get(table) or tuple(lake.workspace.contract(parse(table).contract).primary_key)


def digests(trail: Trail, table: str, row: dict[str, Any]) -> Sealed:
    """Both digests of a row."""
    return Sealed(key_digest(trail, table, row), _digest(trail.key, f"row {table}", row))


def key_digest(trail: Trail, table: str, row: dict[str, Any]) -> str:
    """The digest of the columns that identify a row."""
    return _digest(trail.key, f"key {table}", {name: row.get(name) for name in naming(trail.lake, table)})


def _digest(key: bytes, what: str, row: dict[str, Any]) -> str:
    # null columns are left out, so that adding a column to a table changes no digest
    text = json.dumps({n: canonical(v) for n, v in row.items() if v is not None}, sort_keys=True, ensure_ascii=False)
    return hmac.digest(key, f"audit-seal {what} {text}".encode(), "sha256").hex()[:_HEX]


def canonical(value: Any) -> Any:
    """A value in its one JSON form, independent of the engine or library that it came from."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date | Decimal):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, bytes):
        return value.hex()
    return [canonical(each) for each in cast("Sequence[Any]", value)] if isinstance(value, list | tuple) else value
