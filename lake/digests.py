"""Keyed digests of rows: they tell nothing of a row to whoever hasn't the key and the row, see `lake.seals`."""

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
    """What is said of one row.

    Attributes:
        key_digest: of the columns that name it.
        row_digest: of all its columns; None: there is no such row any more.
        replaces: digest of the row that it stands in the place of, None for a new one.
    """

    key_digest: str
    row_digest: str | None
    replaces: str | None = None


def naming(lake: Lake, table: str) -> tuple[str, ...]:
    """Columns that name a row of a table."""
    return NAMED_BY.get(table) or tuple(lake.workspace.contract(parse(table).contract).primary_key)


def digests(trail: Trail, table: str, row: dict[str, Any]) -> Sealed:
    """Both digests of a row."""
    return Sealed(key_digest(trail, table, row), _digest(trail.key, f"row {table}", row))


def key_digest(trail: Trail, table: str, row: dict[str, Any]) -> str:
    """The digest of the columns that name a row."""
    return _digest(trail.key, f"key {table}", {name: row.get(name) for name in naming(trail.lake, table)})


def _digest(key: bytes, what: str, row: dict[str, Any]) -> str:
    # columns that are null don't count, so that one that a table gains later changes no row
    text = json.dumps({n: canonical(v) for n, v in row.items() if v is not None}, sort_keys=True, ensure_ascii=False)
    return hmac.digest(key, f"audit-seal {what} {text}".encode(), "sha256").hex()[:_HEX]


def canonical(value: Any) -> Any:
    """A value in the one form that it has in JSON, whichever engine or library gave it."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date | Decimal):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, bytes):
        return value.hex()
    return [canonical(each) for each in cast("Sequence[Any]", value)] if isinstance(value, list | tuple) else value
