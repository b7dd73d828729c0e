"""The proof of an erasure: a search of every file of a folder for values that must no longer be there."""

import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lake import archive_contents

_SQLITE = b"SQLite format 3\0"
WORD = re.compile(rb"[0-9A-Za-z]+")
_BYTES = (pa.binary(), pa.large_binary(), pa.binary_view())


@dataclass(frozen=True)
class Findings:
    """The result of a search.

    Attributes:
        files: number of files searched, each counted once.
        bytes: their size on disk.
        unopened: number of packed files that couldn't be unpacked within the limits.
        holding: files that contain one of the values, relative to the folder; never which value.
    """

    files: int
    bytes: int
    unopened: int
    holding: tuple[str, ...]


@dataclass(frozen=True)
class Traces:
    """Values that no file of a folder may contain.

    Attributes:
        folder: relative to the state folder, as are those that are skipped.
        values: found wherever they stand; a line ends in none of them, for in Parquet each stands on a line of its own.
        skipped: files and folders that may hold them.
        words: numbers and keys that may be many, found where no other letter or digit stands beside them.
    """

    folder: str
    values: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def search(home: Path, searches: Iterable[Traces]) -> Findings:
    """Search every file of the state folder once for what must not be in it.

    Parquet is decoded, for it may be compressed; of SQLite the records are read, and the pages that deletion has left
    behind as well; any other file is searched byte by byte, as UTF-8 and with JSON's escapes, and what it packs too.
    """
    wanted = [(each, _needles(each.values), _needles(each.words)) for each in searches]
    files, size, unopened, holding = 0, 0, 0, list[str]()
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        searched = [(values, words) for each, values, words in wanted if _covers(home, each, path)]
        if not searched:
            continue
        values, words = (set[bytes]().union(*needles) for needles in zip(*searched, strict=True))
        files, size = files + 1, size + path.stat().st_size
        try:
            if _holds(path, values, words):
                holding.append(str(path.relative_to(home)))
        except archive_contents.UnopenedError:
            unopened += 1
    return Findings(files, size, unopened, tuple(holding))


def _covers(home: Path, search: Traces, path: Path) -> bool:
    is_skipped = any(path.is_relative_to(home / skipped) for skipped in search.skipped)
    return path.is_relative_to(home / search.folder) and not is_skipped


def _needles(values: Collection[str]) -> set[bytes]:
    return {value.encode() for value in values} | {json.dumps(value)[1:-1].encode() for value in values}


def texts(path: Path) -> Iterator[bytes]:
    """Yield the readable content of a file in parts; a column of Parquet has one line per value."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path, pre_buffer=False) as file:  # else all that was read stays in memory
            for batch in file.iter_batches():
                for column in batch.columns:
                    yield from _column(column)
            yield str(file.metadata.to_dict()).encode()
        return
    content = path.read_bytes()
    yield content
    if content.startswith(_SQLITE):
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        yield from (line.encode(errors="replace") for line in database.iterdump())
        database.close()
    yield from archive_contents.contents(content)


def _holds(path: Path, values: set[bytes], words: set[bytes]) -> bool:
    plain = {word for word in words if WORD.fullmatch(word)}
    values = values | (words - plain)
    return any(
        any(value in text for value in values) or (plain and any(match[0] in plain for match in WORD.finditer(text)))
        for text in texts(path)
    )


def _column(column: pa.Array) -> Iterator[bytes]:
    """The values of a column as text, nested ones included."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        yield from _column(column.dictionary)
    elif pa.types.is_struct(kind):
        for field in column.flatten():
            yield from _column(field)
    elif pa.types.is_map(kind):
        yield from _column(column.keys)
        yield from _column(column.items)
    elif pa.types.is_nested(kind):
        yield from _column(column.flatten())
    elif len(column):
        is_bytes = kind in _BYTES or pa.types.is_fixed_size_binary(kind)
        lines = (column if is_bytes else column.cast(pa.string())).cast(pa.binary()).drop_null()
        whole = pa.LargeListArray.from_arrays(pa.array([0, len(lines)], pa.int64()), lines)
        yield pc.binary_join(whole, b"\n")[0].as_py()
