"""What files are made of: CSV, JSON lines, Parquet and Excel as rows of text, in bounded memory."""

import codecs
import json
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from conf.contract import Column, Contract
from conf.errors import FieldstoneError
from conf.reasons import Reason
from conf.source import Asset
from jobs.ingest import excel, parquet
from jobs.ingest.chunk import CHUNK_BYTES, CHUNK_ROWS, REPLACEMENT, Chunk, unique


def parse(path: str, source_ref: str, asset: Asset, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The rows of one file in batches of bounded size, as `read` returns them.

    Raises:
        FieldstoneError: it is no file of its format, or breaks off within a structure that has to be whole.
    """
    columns, name = list(contract.columns), source_ref.rpartition("#")[0]
    named = {name: name for name in columns if name not in asset.rename} | asset.rename
    ours = {theirs: contract.columns[our] for theirs, our in named.items() if our in contract.columns}
    try:
        for chunk, reason in _PARSERS[asset.format](path, asset, ours):
            if isinstance(chunk, list):
                rows = _set_aside(chunk, reason, columns, source_ref)
            else:
                named = chunk.rename_columns(unique([asset.rename.get(name, name) for name in chunk.column_names]))
                rows = _complete(named, columns, source_ref, reason)
            yield from rows.to_batches(CHUNK_ROWS)
    except FieldstoneError as error:
        raise FieldstoneError(f"{name} can't be read: {error}. Nothing of this batch was stored") from None
    except (pa.ArrowException, OSError, UnicodeError, EOFError) as error:
        raise FieldstoneError(
            f"{name} can't be read as {asset.format} to its end ({type(error).__name__}); "
            "nothing of this batch was stored. Ask the partner for the file again"
        ) from None


def _complete(table: pa.Table, columns: list[str], source_ref: str, reason: Reason | None) -> pa.Table:
    """Declared columns in order, absent ones null; rows with undecodable bytes are marked."""
    nothing = pa.nulls(table.num_rows, pa.string())
    have = set(table.column_names)
    arrays = {name: table[name].cast(pa.string()) if name in have else nothing for name in columns}
    reject = pa.array([reason and str(reason)] * table.num_rows, pa.string())
    for array in [] if reason else arrays.values():
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


# Each parser is given the file, how it is written, and the columns that matter by the partner's names.


def _csv(path: str, asset: Asset, ours: dict[str, Column]) -> Iterator[Chunk]:
    ragged: list[str] = []

    def set_aside(row: pa.csv.InvalidRow) -> str:
        ragged.append(row.text)
        return "skip"

    with open(path, "rb") as file:
        names = csv_header(file, asset.encoding)
        options = {
            "read_options": pa.csv.ReadOptions(block_size=CHUNK_BYTES, column_names=names, use_threads=False),
            "parse_options": pa.csv.ParseOptions(invalid_row_handler=set_aside, newlines_in_values=True),
            "convert_options": pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        }
        text = codecs.EncodedFile(file, "utf-8", asset.encoding, errors="replace")
        if not file.peek(1):
            return
        for batch in pa.csv.open_csv(pa.PythonFile(text, "r"), **options):
            table, open_ended = _closed(pa.table(batch))
            yield table, None
            yield [*ragged, *open_ended], Reason.RAGGED_ROW
            ragged.clear()
        yield list(ragged), Reason.RAGGED_ROW


def _closed(rows: pa.Table) -> tuple[pa.Table, list[str]]:
    """Rows, and those apart that end in a line break: a quote that nothing closes has swallowed the lines after it."""
    swallowing = pc.match_substring_regex(rows.column(rows.num_columns - 1), r"[\r\n]\z")
    lines = [",".join(row.values()) for row in rows.filter(swallowing).to_pylist()]
    return rows.filter(pc.invert(swallowing)), lines


def csv_header(file: BinaryIO, encoding: str) -> list[str]:
    """Names in the first line of a CSV file, which is then read past it; lines may end in CR, LF or both.

    Raises:
        FieldstoneError: one of them comes twice, the line never ends, or it is in another encoding.
    """
    line, _, more = file.readline(CHUNK_BYTES).partition(b"\r")
    if len(line) == CHUNK_BYTES:
        raise FieldstoneError(f"its first line is longer than {CHUNK_BYTES:,} bytes; ask for lines with a header")
    if more not in (b"", b"\n"):
        file.seek(len(line) + 1)
    text = line.decode(encoding, errors="replace").removeprefix("\ufeff").rstrip("\n")
    if REPLACEMENT in text or "\0" in text:
        raise FieldstoneError(f"its first line is no text in {encoding}; ask for that encoding, or declare another")
    return unique([name.strip().strip('"') for name in text.split(",")])


def _jsonl(path: str, asset: Asset, ours: dict[str, Column]) -> Iterator[Chunk]:
    for lines in _lines(path, asset.encoding):
        parsed = [(json_object(line), line) for line in lines if line.strip()]
        yield _columns([record for record, _ in parsed if record is not None]), None
        yield [line for record, line in parsed if record is None], Reason.BAD_RECORD


def _lines(path: str, encoding: str) -> Iterator[list[str]]:
    """Lines in groups of a bounded size.

    Raises:
        FieldstoneError: a line is as long as a group may be.
    """
    lines, size = [], 0
    with open(path, "rb") as file:
        while line := file.readline(CHUNK_BYTES):
            if len(line) == CHUNK_BYTES:
                raise FieldstoneError(f"it has a line longer than {CHUNK_BYTES:,} bytes; ask for one record a line")
            lines.append(line.decode(encoding, errors="replace").removeprefix("\ufeff"))
            size += len(line)
            if len(lines) == CHUNK_ROWS or size >= CHUNK_BYTES:
                yield lines
                lines, size = [], 0
    yield lines


def json_object(line: str) -> dict | None:
    """The object in a line of JSON, numbers as their text; None where it holds none, an empty one, or a name twice."""
    try:
        record = json.loads(line, parse_float=str, parse_int=str, object_pairs_hook=_object)
        if "\\u" in line:  # half of a surrogate pair is valid JSON, but no text
            json.dumps(record, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and record else None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _columns(records: list[dict]) -> pa.Table:
    names = list(dict.fromkeys(name for record in records for name in record))
    return pa.table({name: pa.array([_text(r.get(name)) for r in records], pa.string()) for name in names})


def _text(value) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


_PARSERS = {"csv": _csv, "jsonl": _jsonl, "parquet": parquet.rows, "xlsx": excel.rows}
