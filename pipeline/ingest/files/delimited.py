"""CSV: the ends of its records, and their values.

Quotes decide where a record ends, so one quote too many would join the rows after it to one record. So wherever a quote
does more than enclose a value on one line, records are separated here by Python's strict reader of CSV; Arrow then
reads chunks of whole records.
"""

import csv
import io
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pa_csv

from conf.schema.contract import Column
from conf.schema.errors import PartnerError
from conf.schema.identifiers import BLANKS
from conf.schema.quarantine_reasons import ReasonCode
from conf.schema.source import Asset
from pipeline.ingest.files.multiline_records import LINE_BREAK, Evidence, columns_of, spans_lines
from pipeline.ingest.files.text import pieces
from pipeline.ingest.text_chunks import CHUNK_BYTES, REPLACEMENT, Chunk, unique

csv.field_size_limit(4 * CHUNK_BYTES)  # the size of records is limited below; a long value alone isn't an error
_ADVICE = "ask the partner for quotes that are closed, and doubled within a value"


def header(file: BinaryIO, asset: Asset) -> list[str]:
    """Names of the columns; the empty name stands for all columns without a name, which aren't read.

    Raises:
        PartnerError: a name occurs twice, the names aren't text in the declared encoding, or a quote joins lines.
    """
    names = _opened(file, asset)[0]
    return [*unique([name for name in names if name]), *([""] if "" in names else [])]


def rows(path: str, asset: Asset, ours: dict[str, Column]) -> Iterator[Chunk]:
    """Rows of a CSV file, and lines that aren't rows.

    Args:
        path: the file.
        asset: declaration of its form.
        ours: the partner's name → declared column; the conditions on columns reveal rows that a quote has joined.

    Raises:
        PartnerError: as for `header`, or a record is longer than the limit.
    """
    with open(path, "rb") as file:
        names, texts = _opened(file, asset)
        unique([name for name in names if name])
        for text, swallowed in _records(texts, columns_of(names, ours), asset.delimiter):
            if text.strip("\r\n"):
                table, ragged = _table(text, names, asset.delimiter)
                yield table, None
                swallowed = [*ragged, *swallowed]
            yield [line for line in swallowed if line.strip()], ReasonCode.RAGGED_ROW


def _opened(file: BinaryIO, asset: Asset) -> tuple[list[str], Iterator[str]]:
    """The names in the first record after the skipped lines that isn't empty, and the text after it."""
    texts = pieces(file, asset.encoding)
    lines = io.StringIO(next(texts, ""), newline="")
    for _ in range(asset.skip_rows):
        lines.readline()
    reader = csv.reader(lines, delimiter=asset.delimiter, strict=True)
    try:
        cells = next((row for row in reader if any(cell.strip() for cell in row)), [])
    except csv.Error:
        raise PartnerError(f"a quote in its header isn't closed, or closed too early; {_ADVICE}") from None
    if not cells:
        raise PartnerError("it has no header; ask the partner for one, or correct `skip_rows` in its source")
    if not spans_lines(cells, len(cells), asset.delimiter):
        raise PartnerError(f"a quote in its header swallows lines after it; {_ADVICE}")
    if any(REPLACEMENT in name or "\0" in name for name in cells):
        raise PartnerError(
            f"its header isn't text in {asset.encoding}; ask for that encoding, or declare another in its source"
        )
    return [name.strip(BLANKS) for name in cells], chain([lines.read()], texts)


def _records(texts: Iterator[str], columns: list[Evidence | None], delimiter: str) -> Iterator[tuple[str, list[str]]]:
    """Chunks of whole records, each with the lines between them that aren't records.

    Raises:
        PartnerError: a record is longer than the limit.
    """
    rest = ""
    for text in texts:
        text = rest + text
        match = _ordinary(delimiter).match(text)
        ordinary = match.end() if match else 0
        if ordinary == len(text):
            yield text, []
            rest = ""
            continue
        start = max(text.rfind("\n", 0, ordinary), text.rfind("\r", 0, ordinary)) + 1
        whole, swallowed, rest = _split(text[start:], columns, delimiter)
        if len(rest) > CHUNK_BYTES:
            raise PartnerError(
                f"it has a record longer than {CHUNK_BYTES:,} characters, which a quote that nothing closes may begin; "
                f"{_ADVICE}"
            )
        yield text[:start] + whole, swallowed
    yield "", LINE_BREAK.split(rest)


@cache
def _ordinary(delimiter: str) -> re.Pattern[str]:
    """Pattern of text in which each quote encloses a value on one line, or is inside a value that begins unquoted."""
    bounds = rf"{re.escape(delimiter)}\r\n"
    value = rf'(?<![^{bounds}])"[^"\r\n]*+(?:""[^"\r\n]*+)*+"(?=[{bounds}]|\Z)'
    return re.compile(rf'(?:[^"]++|{value}|(?<=[^{bounds}])")*+')


def _split(text: str, columns: list[Evidence | None], delimiter: str) -> tuple[str, list[str], str]:
    """Whole records of a text, lines that aren't records, and a last record that may be incomplete."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    whole, apart, start = [], [], 0
    while start < len(lines):
        try:
            cells = next(reader)
        except csv.Error:  # a quote is open, or text follows one that closes
            cells = None
        record, start = lines[start : reader.line_num], reader.line_num
        if cells is None and start == len(lines):
            return "".join(whole), apart, "".join(record)
        is_whole = cells is not None and (len(record) == 1 or spans_lines(cells, len(columns), delimiter, columns))
        (whole if is_whole else apart).extend(record)
    return "".join(whole), apart, ""


def _table(text: str, names: list[str], delimiter: str) -> tuple[pa.Table, list[str]]:
    """The named columns of whole records, and records with more or fewer fields."""
    ragged: list[str] = []

    def set_aside(row: pa_csv.InvalidRow) -> str:
        ragged.append(row.text)
        return "skip"

    content = text.encode()
    table = pa_csv.read_csv(
        pa.BufferReader(content),
        # in one block: the reader of several loses a line feed at their bounds
        read_options=pa_csv.ReadOptions(block_size=len(content) + 1, column_names=names, use_threads=False),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, invalid_row_handler=set_aside, newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
        ),
    )
    return table.select([n for n, name in enumerate(names) if name]), ragged
