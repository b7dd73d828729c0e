"""File drops: the files of the landing zone that no batch holds yet, read by the workers."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType

from conf.contract import Contract
from conf.errors import FieldstoneError
from conf.source import Asset, Source
from conf.workspace import Workspace
from jobs.context import Context
from jobs.ingest.drift import changed_type, compared, merged
from jobs.ingest.formats import CHUNK_BYTES, csv_header, json_object, parse
from jobs.ingest.pull import Drift, Part, Pull
from lake.schema import struct

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


def pull(context: Context, source: Source, contract: Contract, finished: list[dict]) -> Pull | None:
    """The files that no finished batch holds yet, None if there are none.

    A file is known by its content: delivered again, under whatever name, it is nothing new.

    Raises:
        FieldstoneError: no file at all for an asset that isn't optional, or a file that can't be what was agreed.
    """
    asset = source.assets[contract.asset]
    seen = {part["sha256"] for batch in finished for part in batch["parts"]}
    new: dict[str, tuple[Path, Part]] = {}
    for path, part in _deliveries(context.workspace, source, contract.asset):
        if part.sha256 not in seen:
            new.setdefault(part.sha256, (path, part))
    if not new:
        return None
    found = list(new.values())
    drift = inspect(found, asset, contract)
    return Pull(tuple(part for _, part in found), read(context.lake.spark, found, asset, contract), drift)


def _deliveries(workspace: Workspace, source: Source, asset: str) -> list[tuple[Path, Part]]:
    root = workspace.root / source.connection.root if source.connection.root else workspace.settings.landing
    paths = sorted(p for p in root.glob(source.glob(asset)) if p.is_file())
    if not paths and not source.assets[asset].optional:
        raise FieldstoneError(
            f"no file for {source.name}/{asset}: nothing matches {source.glob(asset)} in the landing zone {root}; "
            "check the delivery, or mark the asset optional in its source"
        )
    return [(p, Part(str(p.relative_to(root)), _sha256(p), p.stat().st_size)) for p in paths]


def inspect(found: list[tuple[Path, Part]], asset: Asset, contract: Contract) -> Drift:
    """Compare the headers of all files with the contract, before a row is read.

    Raises:
        FieldstoneError: a file is empty or incomplete, misses a required column, or changed a type.
    """
    names = {part.name: _header(path, part, asset, contract) for path, part in found}
    ours = {name: [asset.rename.get(column, column) for column in columns] for name, columns in names.items()}
    return merged([compared(name, columns, contract) for name, columns in ours.items()])


def read(spark: SparkSession, found: list[tuple[Path, Part]], asset: Asset, contract: Contract) -> DataFrame:
    """Read files as text.

    Returns:
        The declared columns as strings, with `_source_ref` (file and SHA-256), `_reject` (a reason code, or null)
        and `_raw` (the line that was rejected, or null).
    """
    output = struct(**dict.fromkeys([*contract.columns, "_source_ref", "_reject", "_raw"], StringType()))

    def read_files(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for path, source_ref in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                yield from parse(path, source_ref, asset, contract)

    listing = [(str(path), f"{part.name}#{part.sha256}") for path, part in found]
    files = spark.createDataFrame(listing, "path string, source_ref string").repartition(len(listing))
    return files.mapInArrow(read_files, output)


def _header(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    if part.bytes == 0:
        raise FieldstoneError(f"{part.name} is empty, it has not even a header; ask the partner for the file again")
    if asset.format == "parquet":
        return _parquet_header(path, part, asset, contract)
    with open(path, "rb") as file:
        first = file.readline(CHUNK_BYTES)
    if asset.format == "csv":
        return csv_header(first, asset.encoding)
    record = json_object(first.decode(asset.encoding, errors="replace"))
    return list(record) if record is not None else list(contract.columns)


def _parquet_header(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    try:
        fields = pa.parquet.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FieldstoneError(
            f"{part.name} is no complete Parquet file ({part.bytes:,} bytes); it may still be being written, "
            "or was cut off: ask the partner for the file again"
        ) from error
    for field in fields:
        name = asset.rename.get(field.name, field.name)
        column = contract.columns.get(name)
        if column and not any(is_kind(field.type) for is_kind in _PARQUET_KINDS[column.type.split("(")[0]]):
            raise changed_type(part.name, field.name, field.type, contract, name)
    return fields.names


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
