"""Bounds of columns in the log of a table: the lake writes none, because they would outlast any deletion.

Engines silently skip files by these bounds, so a person who can write a log could hide rows with them. `deltalake`
doesn't show bounds that a table's property switches off, so the log itself is read.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq

from lake import log

_BOUNDS = ("minValues", "maxValues", "nullCount")
_PARSED = "stats_parsed"


def has_any(folder: Path) -> bool:
    """Whether the files that a table is read from have bounds: its last checkpoint, and the entries since."""
    return any(_has_bounds(path, path.stat().st_mtime_ns, path.stat().st_size) for path in log.read_from(folder))


@lru_cache(maxsize=10_000)
def _has_bounds(path: Path, _changed_at: int, _size: int) -> bool:
    """Whether a file of a log has bounds; each file is read once, unless it has changed since."""
    if path.suffix == ".parquet":
        return _in_checkpoint(path)
    return path.suffix == ".json" and any(map(_in_action, path.read_text(encoding="utf-8").splitlines()))


def _in_checkpoint(path: Path) -> bool:
    names = _leaves(path)
    if any(name.startswith(f"add.{_PARSED}.{bound}") for name in names for bound in _BOUNDS):
        return True
    added = pq.ParquetFile(path).read(columns=["add.stats"])["add"].to_pylist() if "add.stats" in names else []
    return any(_in_text(each["stats"]) for each in added if each)


def _leaves(path: Path) -> set[str]:
    schema = pq.read_metadata(path).schema
    return {schema.column(number).path for number in range(len(schema))}


def _in_action(line: str) -> bool:
    # most lines name no bounds in any spelling, and need no parsing
    if not (any(bound in line for bound in _BOUNDS) or "\\u" in line):
        return False
    try:
        added = json.loads(line).get("add")
    except (ValueError, AttributeError):
        return False  # a torn entry, which its reader reports
    return isinstance(added, dict) and _in_text(cast("dict[str, Any]", added).get("stats"))


def _in_text(stats: Any) -> bool:
    try:
        bounds: Any = json.loads(stats) if stats else {}
    except (ValueError, TypeError):
        return True
    return isinstance(bounds, dict) and any(_has_bound(cast("dict[str, Any]", bounds).get(bound)) for bound in _BOUNDS)


def _has_bound(value: Any) -> bool:
    """Whether a value has any bound in it: some engines write empty objects."""
    return (
        any(map(_has_bound, cast("dict[str, Any]", value).values())) if isinstance(value, dict) else value is not None
    )
