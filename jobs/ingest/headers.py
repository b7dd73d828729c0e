"""Headers: what columns files have, compared with the contract before a row is read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from conf.contract import Contract
from conf.errors import FieldstoneError
from conf.source import Asset
from jobs.ingest import excel
from jobs.ingest.chunk import CHUNK_BYTES, unique
from jobs.ingest.drift import changed_type, compared, merged
from jobs.ingest.formats import csv_header, json_object
from jobs.ingest.pull import Drift, Part

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


def inspect(found: list[tuple[Path, Part]], asset: Asset, contract: Contract) -> Drift:
    """Compare the headers of all files with the contract, before a row is read.

    Raises:
        FieldstoneError: a file is empty or incomplete, misses a required column, or changed a type.
    """
    return merged([_compared(path, part, asset, contract) for path, part in found])


def _compared(path: Path, part: Part, asset: Asset, contract: Contract) -> Drift:
    if part.bytes == 0:
        raise FieldstoneError(f"{part.name} is empty, it has not even a header; ask the partner for the file again")
    try:
        names = _HEADERS[asset.format](path, part, asset, contract)
        ours = unique([asset.rename.get(name, name) for name in names])
    except FieldstoneError as error:
        raise FieldstoneError(f"{part.name} can't be read: {error}. Nothing of this batch was stored") from error
    drift = compared(part.name, ours, contract)
    if asset.format == "parquet":
        _check_types(path, part, asset, contract)
    return drift


def _csv(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    with open(path, "rb") as file:
        return csv_header(file, asset.encoding)


def _jsonl(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    """The names in the first line; those of the contract where it is no object, which is set aside later."""
    with open(path, "rb") as file:
        first = file.readline(CHUNK_BYTES)
    record = json_object(first.decode(asset.encoding, errors="replace").removeprefix("\ufeff"))
    return list(record) if record is not None else list(contract.columns)


def _parquet(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    try:
        return pa.parquet.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise FieldstoneError(
            f"it is no complete Parquet file ({part.bytes:,} bytes); it may still be being written, "
            "or was cut off: ask the partner for it again"
        ) from error


def _xlsx(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    names, others = excel.header(str(path))
    if others:
        print(f"ingest {contract.table}: {part.name} has {others:,} more sheets, which aren't read")
    return names


_HEADERS = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet, "xlsx": _xlsx}


def _check_types(path: Path, part: Part, asset: Asset, contract: Contract) -> None:
    for field in pa.parquet.read_schema(path):
        name = asset.rename.get(field.name, field.name)
        column = contract.columns.get(name)
        if column and not any(is_kind(field.type) for is_kind in _PARQUET_KINDS[column.type.split("(")[0]]):
            raise changed_type(part.name, field.name, field.type, contract, name)
