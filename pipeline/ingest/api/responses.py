"""Answers of a partner: bodies are unpacked within limits, and values in JSON keep their written form."""

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

_PIECE = 1 << 20
_GZIP = 31  # zlib's code for a gzip header and the largest window
_FAULTS, _NO_FAULT = ("error", "errors"), (None, False, "", "0", [], {})


class TransientPartnerError(Exception):
    """A failure that may pass. Its text is our own and contains nothing that the partner sent."""

    def __init__(self, what: str, retry_after: float = 0.0) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class Number(str):
    """A number as written in the JSON; also `NaN` and `Infinity`, which some programs write for numbers."""

    __slots__ = ()


class Ambiguous(dict):
    """An object with a repeated name, of which the right value isn't known; `pairs` has all names and values."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack a gzip body into pieces of at most 1 MB, however large a chunk becomes.

    Raises:
        TransientPartnerError: it is damaged, or incomplete.
    """
    unpack = zlib.decompressobj(_GZIP)
    try:
        for chunk in chunks:
            while chunk:
                if unpack.eof:  # a body may consist of several members
                    unpack = zlib.decompressobj(_GZIP)
                yield unpack.decompress(chunk, _PIECE)
                chunk = unpack.unconsumed_tail or unpack.unused_data
        yield unpack.flush()
    except zlib.error:
        raise TransientPartnerError("a compressed body that is damaged") from None
    if not unpack.eof:
        raise TransientPartnerError("a compressed body that ends midway")


def parse_object(content: bytes) -> dict[str, Any]:
    """Parse a JSON object, with numbers as written; bytes that aren't UTF-8 become U+FFFD.

    Raises:
        TransientPartnerError: it isn't an object, has a name twice, or reports an error.
    """
    try:
        parsed = json.loads(
            content.decode(errors="replace"),
            parse_int=Number,
            parse_float=Number,
            parse_constant=Number,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError):
        raise TransientPartnerError("a body that is no JSON") from None
    if not isinstance(parsed, dict):
        raise TransientPartnerError("a body that is no JSON object")
    if isinstance(parsed, Ambiguous):
        raise TransientPartnerError("a body that has a name twice")
    if any(parsed.get(name) not in _NO_FAULT for name in _FAULTS) or parsed.get("success") is False:
        raise TransientPartnerError("a body that tells of an error")
    return parsed


def as_text(value: Any) -> str | None:
    """A JSON value as text: a string unchanged, any other value as JSON.

    Raises:
        RecursionError: it is nested too deeply.
    """
    return value if value is None or isinstance(value, str) else _written(value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else Ambiguous(pairs)


def _written(value: Any) -> str:
    if isinstance(value, Number):
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        pairs = value.pairs if isinstance(value, Ambiguous) else value.items()
        return f"{{{', '.join(f'{_written(name)}: {_written(one)}' for name, one in pairs)}}}"
    return json.dumps(value, ensure_ascii=False)
