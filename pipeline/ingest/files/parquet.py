"""Parquet files: compares their columns with the contract, and reads their rows as text in bounded memory."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.parquet import ParquetFile, RowGroupMetaData, read_metadata

from conf.schema.contract import Column, Contract
from conf.schema.errors import FieldstoneError, PartnerError
from conf.schema.source import Asset
from pipeline.ingest.files.exact import as_chunks, is_text, may_be
from pipeline.ingest.files.instants import Instants
from pipeline.ingest.schema_drift import changed_type
from pipeline.ingest.text_chunks import CHUNK_BYTES, CHUNK_ROWS, Chunk

# Default limit of the unpacked size: equal values take almost no bytes in Parquet.
_ROWS, _ROWS_PER_BYTE = 1_000_000, 1
_LOOKED_AT = 1_000  # rows of undeclared columns that are read at once
_BYTES, _BYTES_PER_BYTE = 1 << 30, 100


def header(path: Path, size: int, asset: Asset) -> list[str]:
    """Names of the columns of a file of `size` bytes.

    Raises:
        PartnerError: it isn't a complete Parquet file, or has more rows than the limit.
    """
    try:
        with _opened(path) as file:
            _check_rows(file.metadata.num_rows, size, asset)
            return file.schema_arrow.names
    except (pa.ArrowException, OSError) as error:
        raise PartnerError(
            f"it isn't a complete Parquet file ({size:,} bytes); it may still be being written, "
            "or was cut off: ask the partner for it again"
        ) from error


def check_types(path: Path, file_name: str, asset: Asset, contract: Contract) -> None:
    """Compare the types of a file's columns with the contract.

    Raises:
        FieldstoneError: a type doesn't fit the declared column.
    """
    with _opened(path) as file:
        for field in file.schema_arrow:
            theirs: str = field.name
            name = asset.rename.get(theirs, theirs)
            column = contract.columns.get(name)
            if column and not may_be(field.type, column):
                raise changed_type(file_name, theirs, field.type, contract, name)


def values(path: Path, names: list[str]) -> Iterator[tuple[str, object]]:
    """(name, value) of undeclared columns; for moments and days only whether there is a value.

    Raises:
        PartnerError: a value can't be read.
    """
    with _opened(path) as file:
        texts = [field.name for field in file.schema_arrow if field.name in names and is_text(field.type)]
    with _opened(path, texts) as file:
        for batch in file.iter_batches(_LOOKED_AT, columns=names):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                try:
                    looked_at = _single(column)
                except (ValueError, OverflowError) as error:
                    raise PartnerError(
                        f"an undeclared column contains values that can't be read ({type(error).__name__}); "
                        "ask the partner for the file without it"
                    ) from None
                yield from ((name, value) for value in looked_at)


def _single(column: pa.Array) -> list:
    if pa.types.is_dictionary(column.type):
        return column.dictionary.to_pylist()  # each distinct value once
    if pa.types.is_temporal(column.type):
        return ["some"] * (len(column) - column.null_count)
    return column.to_pylist()


def rows(path: str, asset: Asset, ours: dict[str, Column]) -> Iterator[Chunk]:
    """Rows in chunks; dictionaries are unpacked per chunk, because one value may stand for gigabytes of equal ones.

    Args:
        path: the file.
        asset: declaration of its form, optionally with limits of its size.
        ours: the partner's name → declared column.

    Raises:
        PartnerError: the file unpacks to more than the limit.
    """
    size, count, spelt = os.path.getsize(path), 0, 0
    for batch in _batches(path, ours):
        for piece in _pieces(batch):
            count, spelt = count + piece.num_rows, spelt + sum(map(_spelt_out, piece.itercolumns()))
            _check_rows(count, size, asset)
            _check_bytes(spelt, size, asset)
            yield from as_chunks(piece, ours)


def _batches(path: str, ours: dict[str, Column]) -> Iterator[pa.Table]:
    metadata = read_metadata(path)
    instants = Instants.of(metadata)
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    chunks = (group.column(n) for group in groups for n in range(group.num_columns))
    dictionaries = {chunk.path_in_schema for chunk in chunks if chunk.has_dictionary_page} & ours.keys()
    size = _rows_at_once(groups)
    with _opened(path, dictionaries) as file, _opened(path, unit="s") as coarse:
        wanted = [name for name in file.schema_arrow.names if name in ours]
        seconds = _Stream(coarse.iter_batches(size, columns=[name for name in wanted if name in instants.wide]))
        for batch in file.iter_batches(size, columns=wanted):
            rows = pa.table(batch)
            yield instants.checked(rows, seconds.take(rows.num_rows), ours)


class _Stream:
    """Reads the rows of a file in chunks of any requested size; no rows if no column is read."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches, self._rest = batches, pa.table({})

    def take(self, count: int) -> pa.Table:
        while self._rest.num_rows < count and (batch := next(self._batches, None)) is not None:
            self._rest = pa.concat_tables([self._rest, pa.table(batch)]) if self._rest.num_rows else pa.table(batch)
        taken, self._rest = self._rest.slice(0, count), self._rest.slice(count)
        return taken


def _opened(path: str | Path, dictionaries: Iterable[str] = (), unit: str = "us") -> ParquetFile:
    return ParquetFile(
        path,
        read_dictionary=list(dictionaries),
        coerce_int96_timestamp_unit=unit,  # nanoseconds, which moments of 96 bits would become, end in the year 2262
        arrow_extensions_enabled=False,
        pre_buffer=False,  # else everything that was read stays in memory until the file is closed
    )


def _rows_at_once(groups: list[RowGroupMetaData]) -> int:
    widest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    return max(1, min(CHUNK_ROWS, CHUNK_BYTES // max(widest, 1)))


def _pieces(rows: pa.Table) -> Iterator[pa.Table]:
    """Rows divided into halves until each part is small enough with its dictionaries unpacked."""
    if rows.num_rows < 2 or sum(map(_spelt_out, rows.itercolumns())) <= CHUNK_BYTES:
        yield rows
        return
    half = rows.num_rows // 2
    yield from _pieces(rows.slice(0, half))
    yield from _pieces(rows.slice(half))


def _spelt_out(column: pa.ChunkedArray) -> int:
    if not pa.types.is_dictionary(column.type) or not is_text(column.type.value_type):
        return column.nbytes
    lengths = (pc.binary_length(chunk.dictionary).take(chunk.indices) for chunk in column.chunks)
    return sum(pc.sum(each).as_py() or 0 for each in lengths)


def _check_rows(count: int, size: int, asset: Asset) -> None:
    limit = asset.max_rows or max(_ROWS, size * _ROWS_PER_BYTE)
    if count > limit:
        raise _too_much(f"{count:,} rows", size, f"{limit:,}", "max_rows")


def _check_bytes(count: int, size: int, asset: Asset) -> None:
    limit = asset.max_bytes or max(_BYTES, size * _BYTES_PER_BYTE)
    if count > limit:
        raise _too_much(f"more than {limit:,} bytes of values", size, "no more", "max_bytes")


def _too_much(what: str, size: int, allowed: str, setting: str) -> FieldstoneError:
    return PartnerError(
        f"its {size:,} bytes unpack to {what}, and may to {allowed}; ask the partner whether that is what it meant, "
        f"and give the asset a larger {setting} if so"
    )
