"""Writes rows, with the defects among them, as CSV, JSON-lines or Parquet files."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from conf.schema.source import Asset
from sandbox.county.defects import Defect
from sandbox.county.tables import natural, text, text_columns


def write(path: Path, asset: Asset, rows: pa.Table, defects: list[Defect]) -> None:
    """Write a file in the asset's format and encoding; each defect is put before the row that it is a copy of."""
    if asset.format == "parquet":
        pq.write_table(_with_defects(rows, defects), path, compression="zstd")
        return
    if asset.format == "csv":
        lines, header = _csv_lines(rows), [",".join(rows.column_names)]
        spoilt = [_csv_defect(defect, asset.encoding) for defect in defects]
    else:
        lines, header = [_json_line(row) for row in rows.to_pylist()], []
        spoilt = [_json_defect(defect, asset.encoding) for defect in defects]
    encoded = [line.encode(asset.encoding) for line in lines]
    for defect, line in reversed(list(zip(defects, spoilt, strict=True))):
        encoded.insert(defect.position, line)
    path.write_bytes(b"".join(line + b"\n" for line in [*(h.encode(asset.encoding) for h in header), *encoded]))


def _with_defects(rows: pa.Table, defects: list[Defect]) -> pa.Table:
    """The good rows, each defect before the row that it is a copy of."""
    if not defects:
        return rows
    spoilt = pa.Table.from_pylist([defect.row for defect in defects], schema=rows.schema)
    place = np.concatenate([np.arange(len(rows)), np.array([defect.position for defect in defects]) - 0.5])
    return pa.concat_tables([rows, spoilt]).take(pa.array(np.argsort(place, kind="stable")))


def _csv_lines(rows: pa.Table) -> list[str]:
    """Lines of CSV; values aren't quoted, because no value of the sandbox contains a comma or a quote."""
    return pc.binary_join_element_wise(*text_columns(rows), ",").to_pylist() if len(rows) else []


def _csv_defect(defect: Defect, encoding: str) -> bytes:
    values = [text(value) for value in defect.row.values()]
    if defect.kind == "ragged_line":
        values = values[:-1] if defect.position % 2 else [*values, "x"]
    return _encoded(",".join(values), defect, encoding)


def _json_line(row: dict[str, object]) -> str:
    return json.dumps({name: natural(value) for name, value in row.items()}, ensure_ascii=False)


def _json_defect(defect: Defect, encoding: str) -> bytes:
    line = _json_line(defect.row)
    return _encoded(line[: len(line) // 2] if defect.kind == "broken_line" else line, defect, encoding)


def _encoded(line: str, defect: Defect, encoding: str) -> bytes:
    """A line's bytes; a spoilt encoding puts 0xFF, invalid in UTF-8 and in GB18030, into the second value."""
    raw = line.encode(encoding)
    if defect.kind != "bad_encoding":
        return raw
    cut = raw.index(b",") + 3
    return raw[:cut] + b"\xff" + raw[cut:]
