"""Parquet files: their columns held against the contract, and their rows as text in bounded memory."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from conf.contract import Contract
from conf.errors import FieldstoneError
from conf.source import Asset
from jobs.ingest.chunk import CHUNK_BYTES, CHUNK_ROWS, Chunk
from jobs.ingest.drift import changed_type

# Arrow kinds that may stand for a contract's type in Parquet; anything else is a changed type.
_PARQUET_KINDS = {
    "string": (pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary),
    "int": (pa.types.is_integer,),
    "long": (pa.types.is_integer,),
    "double": (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal),
    "decimal": (pa.types.is_decimal, pa.types.is_integer, pa.types.is_floating),
    "boolean": (pa.types.is_boolean,),
    "date": (pa.types.is_date,),
    "timestamp": (pa.types.is_timestamp,),
}


def header(path: Path, size: int) -> list[str]:
    """Names of the columns of a file of so many bytes.

    Raises:
        FieldstoneError: it is no Parquet file, or not all of one.
    """
    try:
        return pa.parquet.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise FieldstoneError(
            f"it is no complete Parquet file ({size:,} bytes); it may still be being written, "
            "or was cut off: ask the partner for it again"
        ) from error


def check_types(path: Path, file_name: str, asset: Asset, contract: Contract) -> None:
    """Hold the types of a file's columns against the contract.

    Raises:
        FieldstoneError: one of them can't stand for what was agreed.
    """
    for field in pa.parquet.read_schema(path):
        name = asset.rename.get(field.name, field.name)
        column = contract.columns.get(name)
        if column and not any(is_kind(field.type) for is_kind in _PARQUET_KINDS[column.type.split("(")[0]]):
            raise changed_type(file_name, field.name, field.type, contract, name)


def rows(path: str, encoding: str, ours: set[str]) -> Iterator[Chunk]:
    """Rows in pieces; a dictionary stays one until then, for a value in it may stand for gigabytes of equal ones."""
    metadata = pa.parquet.read_metadata(path)
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    chunks = (group.column(n) for group in groups for n in range(group.num_columns))
    dictionaries = {chunk.path_in_schema for chunk in chunks if chunk.has_dictionary_page} & ours
    with pa.parquet.ParquetFile(path, metadata=metadata, read_dictionary=list(dictionaries)) as file:
        wanted = [name for name in file.schema_arrow.names if name in ours]
        for batch in file.iter_batches(_rows_at_once(groups), columns=wanted):
            batch.validate(full=True)  # text in a damaged file may be no UTF-8, which nothing else would notice here
            for piece in _pieces(pa.table(batch)):
                yield piece, None


def _rows_at_once(groups: list[pa.parquet.RowGroupMetaData]) -> int:
    widest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    return max(1, min(CHUNK_ROWS, CHUNK_BYTES // max(widest, 1)))


def _pieces(rows: pa.Table) -> Iterator[pa.Table]:
    """Rows in halves, until each is small once its dictionaries are spelt out."""
    if rows.num_rows < 2 or sum(map(_spelt_out, rows.itercolumns())) <= CHUNK_BYTES:
        yield rows
        return
    half = rows.num_rows // 2
    yield from _pieces(rows.slice(0, half))
    yield from _pieces(rows.slice(half))


def _spelt_out(column: pa.ChunkedArray) -> int:
    if not pa.types.is_dictionary(column.type) or not pa.types.is_string(column.type.value_type):
        return column.nbytes
    lengths = (pc.binary_length(chunk.dictionary).take(chunk.indices) for chunk in column.chunks)
    return sum(pc.sum(each).as_py() or 0 for each in lengths)
