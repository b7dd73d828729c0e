"""Looks for given values in every file of a folder, whatever it is: the proof that nothing readable was left."""

import re
from collections.abc import Iterator, Set
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# A value is found where it stands as a word, as a run of digits within one, or anywhere within Chinese text.
_WORD = re.compile(rb"[0-9A-Za-z]{6,}")
_DIGITS = re.compile(rb"[0-9]{6,}[Xx]?")
_CHINESE = re.compile("[0-9A-Za-z\u00b7]*[\u4e00-\u9fff][0-9A-Za-z\u00b7\u4e00-\u9fff]*")


def occurrences(folder: Path, values: Set[str]) -> dict[Path, int]:
    """Files in which some of the values stand, with how many of them; never which.

    Parquet is decoded, since it may be compressed; any other file is looked at byte by byte, as UTF-8.

    Args:
        folder: searched with all its subfolders.
        values: words of six or more ASCII letters and digits, or Chinese ones with or without such in them.
    """
    words = {value.encode() for value in values if value.isascii()}
    names = {value for value in values if not value.isascii()}
    lengths = {len(name) for name in names}
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        seen: set[str | bytes] = set()
        for text in _texts(path):
            seen |= words.intersection(_WORD.findall(text)) | words.intersection(_DIGITS.findall(text))
            seen |= names & _grams(text, lengths)
        if seen:
            found[path] = len(seen)
    return found


def _texts(path: Path) -> Iterator[bytes]:
    if path.suffix != ".parquet":
        yield path.read_bytes()
        return
    for batch in pq.ParquetFile(path).iter_batches():
        for column in batch.columns:
            yield from _column(column)


def _column(column: pa.Array) -> Iterator[bytes]:
    """The text in a column, nested ones included, with a line for each value."""
    if pa.types.is_struct(column.type):
        for field in column.flatten():
            yield from _column(field)
    elif pa.types.is_map(column.type):
        yield from _column(column.keys)
        yield from _column(column.items)
    elif pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        yield from _column(column.flatten())
    elif pa.types.is_dictionary(column.type):
        yield from _column(column.dictionary)
    elif len(column):
        is_text = not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type))
        lines = (column.cast(pa.string()) if is_text else column).cast(pa.binary()).drop_null()
        whole = pa.LargeListArray.from_arrays(pa.array([0, len(lines)], pa.int64()), lines)
        yield pc.binary_join(whole, b"\n")[0].as_py()


def _grams(text: bytes, lengths: Set[int]) -> set[str]:
    """All stretches of those lengths within runs of Chinese characters."""
    if not lengths or text.isascii():
        return set()
    runs = set(_CHINESE.findall(text.decode(errors="ignore")))
    return {run[i : i + n] for run in runs for n in lengths for i in range(len(run) - n + 1)}
