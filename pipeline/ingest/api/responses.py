"""What a partner answers: bodies unpacked within bounds, and JSON with all of it as it was written."""

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

_PIECE = 1 << 20
_GZIP = 31  # of zlib: a gzip header, and the largest window
_FAULTS, _NO_FAULT = ("error", "errors"), (None, False, "", "0", [], {})


class TransientPartnerError(Exception):
    """A failure that may pass. Its text is ours alone: nothing that the partner sent stands in it."""

    def __init__(self, what: str, retry_after: float = 0.0) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class Number(str):
    """A number, or `NaN` and `Infinity`, which some write for one, as it stood in the JSON."""

    __slots__ = ()


class Ambiguous(dict):
    """An object in which a name comes twice, so that nobody knows which value is meant; `pairs` has them all."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A gzip body in pieces of at most 1 MB, however much a chunk of it unpacks to.

    Raises:
        TransientPartnerError: it is damaged, or ends midway.
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
    """A JSON object, with its numbers as they were written; bytes that aren't UTF-8 become U+FFFD.

    Raises:
        TransientPartnerError: it is something else, says a thing twice, or tells of an error.
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
    """A JSON value as text: a string as it reads, anything else as JSON.

    Raises:
        RecursionError: it is nested too deep.
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
