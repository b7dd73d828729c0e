"""What files are made of: CSV, JSON lines and Parquet as rows of text, in bounded memory."""

import codecs
import json
from collections.abc import Iterator
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from conf.contract import Contract
from conf.errors import FieldstoneError
from conf.reasons import Reason
from conf.source import Asset

_CHUNK_ROWS = 20_000
CHUNK_BYTES = 8 << 20
REPLACEMENT = "\ufffd"  # what a byte that the encoding doesn't have is read as


def parse(path: str, source_ref: str, asset: Asset, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The rows of one file in batches of bounded size, as `read` returns them.

    Raises:
        FieldstoneError: it is no file of its format, or breaks off within a structure that has to be whole.
    """
    columns = list(contract.columns)
    try:
        for chunk, reason in _PARSERS[asset.format](path, asset.encoding):
            if reason:
                rows = _set_aside(chunk, reason, columns, source_ref)
            else:
                named = chunk.rename_columns([asset.rename.get(name, name) for name in chunk.column_names])
                rows = _complete(named, columns, source_ref)
            yield from rows.to_batches(_CHUNK_ROWS)
    except (pa.ArrowException, OSError, UnicodeError, EOFError) as error:
        raise FieldstoneError(
            f"{source_ref.rpartition('#')[0]} can't be read as {asset.format} to its end ({type(error).__name__}); "
            "nothing of this batch was stored. Ask the partner for the file again"
        ) from None


def _complete(table: pa.Table, columns: list[str], source_ref: str) -> pa.Table:
    """Declared columns in order, absent ones null; rows with undecodable bytes are marked."""
    nothing = pa.nulls(table.num_rows, pa.string())
    have = set(table.column_names)
    arrays = {name: table[name].cast(pa.string()) if name in have else nothing for name in columns}
    reject = nothing
    for array in arrays.values():
        broken = pc.fill_null(pc.match_substring(array, REPLACEMENT), False)
        reject = pc.if_else(broken, pa.scalar(str(Reason.BAD_ENCODING)), reject)
    return _with_origin(arrays, source_ref, reject, nothing)


def _set_aside(lines: list[str], reason: Reason, columns: list[str], source_ref: str) -> pa.Table:
    """Lines that are no rows, with their reason."""
    arrays = dict.fromkeys(columns, pa.nulls(len(lines), pa.string()))
    codes = pa.array([str(reason)] * len(lines), pa.string())
    return _with_origin(arrays, source_ref, codes, pa.array(lines, pa.string()))


def _with_origin(arrays: dict[str, pa.Array], source_ref: str, reject: pa.Array, raw: pa.Array) -> pa.Table:
    ref = pa.array([source_ref] * len(raw), pa.string())
    return pa.table(arrays | {"_source_ref": ref, "_reject": reject, "_raw": raw})


# Each parser yields tables of rows without a reason, and lists of lines that are no rows with theirs.


def _csv(path: str, encoding: str) -> Iterator[tuple[pa.Table | list[str], Reason | None]]:
    ragged: list[str] = []

    def set_aside(row: pa.csv.InvalidRow) -> str:
        ragged.append(row.text)
        return "skip"

    with open(path, "rb") as file:
        names = csv_header(file.readline(), encoding)
        options = {
            "read_options": pa.csv.ReadOptions(block_size=CHUNK_BYTES, column_names=names, use_threads=False),
            "parse_options": pa.csv.ParseOptions(invalid_row_handler=set_aside),
            "convert_options": pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        }
        text = codecs.EncodedFile(file, "utf-8", encoding, errors="replace")
        if not file.peek(1):
            return
        for batch in pa.csv.open_csv(pa.PythonFile(text, "r"), **options):
            yield pa.table(batch), None
            yield list(ragged), Reason.RAGGED_ROW
            ragged.clear()
        yield list(ragged), Reason.RAGGED_ROW


def _jsonl(path: str, encoding: str) -> Iterator[tuple[pa.Table | list[str], Reason | None]]:
    with open(path, encoding=encoding, errors="replace", newline="\n") as lines:
        while chunk := list(islice(lines, _CHUNK_ROWS)):
            parsed = [(json_object(line), line) for line in chunk if line.strip()]
            yield _columns([record for record, _ in parsed if record is not None]), None
            yield [line for record, line in parsed if record is None], Reason.BAD_RECORD


def json_object(line: str) -> dict | None:
    """The object in a line of JSON, numbers as their text; None where it holds none, or an empty one."""
    try:
        record = json.loads(line, parse_float=str, parse_int=str)
        if "\\u" in line:  # half of a surrogate pair is valid JSON, but no text
            json.dumps(record, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and record else None


def _columns(records: list[dict]) -> pa.Table:
    names = list(dict.fromkeys(name for record in records for name in record))
    return pa.table({name: pa.array([_text(r.get(name)) for r in records], pa.string()) for name in names})


def _text(value) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _parquet(path: str, encoding: str) -> Iterator[tuple[pa.Table, None]]:
    with pa.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(_CHUNK_ROWS):
            batch.validate(full=True)  # text in a damaged file may be no UTF-8, which nothing else would notice here
            yield pa.table(batch), None


_PARSERS = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}


def csv_header(line: bytes, encoding: str) -> list[str]:
    """Names in the first line of a CSV file.

    Raises:
        FieldstoneError: one of them comes twice.
    """
    text = line.decode(encoding, errors="replace").removeprefix("\ufeff").rstrip("\r\n")
    names = [name.strip().strip('"') for name in text.split(",")]
    if twice := {name for name in names if names.count(name) > 1}:
        raise FieldstoneError(f"the header names {len(twice)} columns twice; ask the partner which of them is meant")
    return names
