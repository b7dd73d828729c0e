"""Differences between two declarations, by path."""

import json
from collections.abc import Iterator
from typing import Any


def changes(before: Any, now: Any) -> dict[str, tuple[Any, Any]]:
    """Path, such as `products.farm_credit.cap` → old and new value, for all that differ, in order.

    None stands for a missing value.
    """
    was, says = dict(_places(before)), dict(_places(now))
    return {name: (was.get(name), says.get(name)) for name in sorted({*was, *says}) if was.get(name) != says.get(name)}


def _places(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        yield name, value
        return
    for key, each in parts:
        yield from _places(each, f"{name}.{key}" if name else str(key))


def in_words(before: Any, now: Any) -> list[str]:
    """Differences as Markdown: each path with its old and new value."""
    return [f"`{place}` {_change(*values)}" for place, values in changes(before, now).items()]


def _change(was: Any, now: Any) -> str:
    if was is None or now is None:
        return f"{_json(now)} is new" if was is None else f"{_json(was)} is left out"
    return f"{_json(was)} → {_json(now)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
