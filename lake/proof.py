"""The proof of an erasure: every file of a folder is searched for values that must be in none of them."""

import json
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_SQLITE = b"SQLite format 3\0"
_BYTES = (pa.binary(), pa.large_binary(), pa.binary_view())


@dataclass(frozen=True)
class Findings:
    """What a search has found.

    Attributes:
        files: how many were searched.
        bytes: their size on disk.
        holding: those that hold one of the values, relative to the folder; never which value.
    """

    files: int
    bytes: int
    holding: tuple[str, ...]


def search(folder: Path, values: Collection[str], skipped: Collection[Path] = ()) -> Findings:
    """Search every file below a folder.

    Parquet is decoded, for it may be compressed; of SQLite the records are read, and the pages that deletion has left
    behind as well; any other file is searched byte by byte, as UTF-8 and with JSON's escapes.

    Args:
        values: in none of them a line ends, for in Parquet each stands on a line of its own.
        skipped: files and folders that may hold them.
    """
    needles = {value.encode() for value in values} | {json.dumps(value)[1:-1].encode() for value in values}
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and not any(p.is_relative_to(s) for s in skipped)]
    holding = [str(path.relative_to(folder)) for path in files if _holds(path, needles)]
    return Findings(len(files), sum(path.stat().st_size for path in files), tuple(holding))


def texts(path: Path) -> Iterator[bytes]:
    """All that can be read in a file, in parts; columns of Parquet with a line for each value."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
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


def _holds(path: Path, needles: set[bytes]) -> bool:
    return any(needle in text for text in texts(path) for needle in needles)


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
