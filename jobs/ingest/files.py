"""File drops: CSV, JSON lines and Parquet of the landing zone, read as text in bounded memory by the workers."""

import codecs
import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType

from conf.contract import Contract
from conf.errors import FieldstoneError
from conf.reasons import Reason
from conf.source import Asset, Source
from conf.workspace import Workspace
from jobs.context import Context
from jobs.ingest.pull import Drift, Part, Pull
from lake.schema import struct

_CHUNK_ROWS = 20_000
_CHUNK_BYTES = 8 << 20
_REPLACEMENT = "\ufffd"  # what a byte that the encoding doesn't have is read as

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
    ignored, missing = set(), set()
    for path, part in found:
        names = [asset.rename.get(name, name) for name in _header(path, part, asset, contract)]
        absent = contract.columns.keys() - set(names)
        if required := sorted(name for name in absent if contract.columns[name].required):
            raise FieldstoneError(
                f"{part.name} has no column {', '.join(required)}, which {contract.table} requires "
                f"(it has {len(names)} columns); nothing of this batch was stored. Ask the partner for the file again, "
                "or change the contract"
            )
        ignored |= set(names) - contract.columns.keys()
        missing |= absent
    return Drift(tuple(sorted(ignored)), tuple(sorted(missing)))


def read(spark: SparkSession, found: list[tuple[Path, Part]], asset: Asset, contract: Contract) -> DataFrame:
    """Read files as text.

    Returns:
        The declared columns as strings, with `_source_ref` (file and SHA-256), `_reject` (a reason code, or null)
        and `_raw` (the line that was rejected, or null).
    """
    columns = list(contract.columns)
    output = struct(**dict.fromkeys([*columns, "_source_ref", "_reject", "_raw"], StringType()))
    parse, rename, encoding = _PARSERS[asset.format], asset.rename, asset.encoding

    def read_files(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for path, source_ref in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                for chunk in parse(path, encoding):
                    table = chunk.rename_columns([rename.get(name, name) for name in chunk.column_names])
                    yield from _complete(table, columns, source_ref).to_batches(_CHUNK_ROWS)

    listing = [(str(path), f"{part.name}#{part.sha256}") for path, part in found]
    files = spark.createDataFrame(listing, "path string, source_ref string").repartition(len(listing))
    return files.mapInArrow(read_files, output)


def _complete(table: pa.Table, columns: list[str], source_ref: str) -> pa.Table:
    """Declared columns in order, absent ones null; rows with undecodable bytes are marked."""
    nothing = pa.nulls(table.num_rows, pa.string())
    have = set(table.column_names)
    arrays = {name: table[name].cast(pa.string()) if name in have else nothing for name in columns}
    reject = table["_reject"] if "_reject" in have else nothing
    for array in arrays.values():
        broken = pc.fill_null(pc.match_substring(array, _REPLACEMENT), False)
        reject = pc.if_else(broken, pc.coalesce(reject, pa.scalar(str(Reason.BAD_ENCODING))), reject)
    raw = table["_raw"] if "_raw" in have else nothing
    ref = pa.array([source_ref] * table.num_rows, pa.string())
    return pa.table(arrays | {"_source_ref": ref, "_reject": reject, "_raw": raw})


def _csv(path: str, encoding: str) -> Iterator[pa.Table]:
    ragged: list[str] = []

    def set_aside(row: pa.csv.InvalidRow) -> str:
        ragged.append(row.text)
        return "skip"

    with open(path, "rb") as file:
        names = _csv_header(file.readline(), encoding)
        options = {
            "read_options": pa.csv.ReadOptions(block_size=_CHUNK_BYTES, column_names=names, use_threads=False),
            "parse_options": pa.csv.ParseOptions(invalid_row_handler=set_aside),
            "convert_options": pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        }
        text = codecs.EncodedFile(file, "utf-8", encoding, errors="replace")
        if not file.peek(1):
            return
        for batch in pa.csv.open_csv(pa.PythonFile(text, "r"), **options):
            yield pa.table(batch)
            yield _rejected(ragged, Reason.RAGGED_ROW)
            ragged.clear()
        yield _rejected(ragged, Reason.RAGGED_ROW)


def _jsonl(path: str, encoding: str) -> Iterator[pa.Table]:
    with open(path, encoding=encoding, errors="replace", newline="\n") as lines:
        while chunk := list(islice(lines, _CHUNK_ROWS)):
            parsed = [(_json_object(line), line) for line in chunk if line.strip()]
            yield _columns([record for record, _ in parsed if record is not None])
            yield _rejected([line for record, line in parsed if record is None], Reason.BAD_RECORD)


def _json_object(line: str) -> dict | None:
    try:
        record = json.loads(line, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _columns(records: list[dict]) -> pa.Table:
    names = list(dict.fromkeys(name for record in records for name in record))
    return pa.table({name: pa.array([_text(r.get(name)) for r in records], pa.string()) for name in names})


def _text(value) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _parquet(path: str, encoding: str) -> Iterator[pa.Table]:
    with pa.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(_CHUNK_ROWS):
            yield pa.table(batch)


_PARSERS = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}


def _rejected(lines: list[str], reason: Reason) -> pa.Table:
    codes = pa.array([str(reason)] * len(lines), pa.string())
    return pa.table({"_reject": codes, "_raw": pa.array(list(lines), pa.string())})


def _header(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    if part.bytes == 0:
        raise FieldstoneError(f"{part.name} is empty, it has not even a header; ask the partner for the file again")
    if asset.format == "parquet":
        return _parquet_header(path, part, asset, contract)
    with open(path, "rb") as file:
        first = file.readline(_CHUNK_BYTES)
    if asset.format == "csv":
        return _csv_header(first, asset.encoding)
    record = _json_object(first.decode(asset.encoding, errors="replace"))
    return list(record) if record is not None else list(contract.columns)


def _csv_header(line: bytes, encoding: str) -> list[str]:
    text = line.decode(encoding, errors="replace").removeprefix("\ufeff").rstrip("\r\n")
    return [name.strip().strip('"') for name in text.split(",")]


def _parquet_header(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    try:
        fields = pa.parquet.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FieldstoneError(
            f"{part.name} is no complete Parquet file ({part.bytes:,} bytes); it may still be being written, "
            "or was cut off: ask the partner for the file again"
        ) from error
    for field in fields:
        column = contract.columns.get(asset.rename.get(field.name, field.name))
        if column and not any(is_kind(field.type) for is_kind in _PARQUET_KINDS[column.type.split("(")[0]]):
            raise FieldstoneError(
                f"{part.name}: column {field.name} is {field.type}, but {contract.table} declares {column.type}; "
                "nothing of this batch was stored. Ask the partner what changed, or change the contract"
            )
    return fields.names


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
