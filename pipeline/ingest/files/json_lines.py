"""JSON lines: one object per line, each with its own names."""

import json
from collections.abc import Callable, Collection, Iterator
from itertools import compress
from typing import BinaryIO

import pyarrow as pa

from conf.schema.contract import Column
from conf.schema.errors import PartnerError
from conf.schema.quarantine_reasons import ReasonCode
from conf.schema.source import Asset
from pipeline.ingest.files.text import pieces
from pipeline.ingest.text_chunks import CHUNK_ROWS, REPLACEMENT, Chunk, is_no_text

_MAX_NAMES = 1_000


def header(file: BinaryIO, asset: Asset) -> list[str]:
    """Names in all objects, in order of occurrence; empty if there is no object.

    Raises:
        PartnerError: there are so many names that they must be values, or a line never ends.
    """
    names: dict[str, None] = {}
    for lines in _lines(file, asset.encoding):
        for line in lines:
            if not _names(line) <= names.keys():
                names |= dict.fromkeys(json_object(line) or ())
        if len(names) > _MAX_NAMES:
            raise PartnerError(
                f"its objects have more than {_MAX_NAMES:,} different names; ask the partner for names that stay the "
                "same, with what changes as their values"
            )
    return list(names)


def _names(line: str) -> set[str]:
    """Names in a line, read fast; whether the line is a valid object is checked only if a name is new."""
    try:
        return set(json.loads(line, parse_int=str))
    except (ValueError, TypeError, RecursionError):
        return set()


def rows(
    path: str, asset: Asset, ours: dict[str, Column], is_clear: Callable[[dict], bool] | None = None
) -> Iterator[Chunk]:
    """Rows of a file of JSON lines, and lines that aren't rows.

    Args:
        path: the file.
        asset: declaration of its form.
        ours: the partner's name → declared column; columns of text can't have truth values, lists or objects.
        is_clear: whether an object with undeclared names has enough values under our names; if not, it is kept as a
            line.

    Raises:
        PartnerError: a line never ends.
    """
    texts = {name for name, column in ours.items() if column.type == "string"}
    with open(path, "rb") as file:
        for lines in _lines(file, asset.encoding):
            parsed = [(_sound(json_object(line), ours, is_clear), line) for line in lines if line.strip()]
            records = [record for record, _ in parsed if record is not None]
            is_sound = [not any(is_no_text(record[name]) for name in texts & record.keys()) for record in records]
            yield _columns(list(compress(records, is_sound))), None
            mistyped = [record for record, sound in zip(records, is_sound, strict=True) if not sound]
            yield _columns([_marked(record, texts) for record in mistyped]), ReasonCode.BAD_TYPE
            yield [line for record, line in parsed if record is None], ReasonCode.BAD_RECORD


def _sound(record: dict | None, ours: Collection[str], is_clear: Callable[[dict], bool] | None) -> dict | None:
    if record is None or not is_clear or record.keys() <= {*ours}:
        return record
    return record if is_clear(record) else None


def _lines(file: BinaryIO, encoding: str) -> Iterator[list[str]]:
    for text in pieces(file, encoding):
        lines = text.replace("\r", "\n").split("\n")
        yield from (lines[n : n + CHUNK_ROWS] for n in range(0, len(lines), CHUNK_ROWS))


def json_object(line: str) -> dict | None:
    """The object in a line of JSON, with numbers as text; None if there is none, or it is empty or has a name twice."""
    try:
        record = json.loads(line, parse_float=str, parse_int=str, object_pairs_hook=_object)
        if "\\u" in line:  # half of a surrogate pair is valid JSON, but isn't text
            json.dumps(record, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and record else None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a name twice")
    return fields


def _marked(record: dict, texts: set[str]) -> dict:
    """A record with marks on values that aren't text; without a mark they would pass as text at a release."""
    return {
        name: f"{_text(value)}{REPLACEMENT}" if name in texts and is_no_text(value) else value
        for name, value in record.items()
    }


def _columns(records: list[dict]) -> pa.Table:
    names = list(dict.fromkeys(name for record in records for name in record))
    return pa.table({name: pa.array([_text(r.get(name)) for r in records], pa.string()) for name in names})


def _text(value) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
