"""Files as partners send them: one per asset, chunk and period, in the format and encoding of the source."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from conf.contract import Contract
from conf.source import Asset
from sandbox.dirt import Defect, postponed, spoil
from sandbox.publish import Records, taken
from sandbox.scope import Scope
from sandbox.tables import natural, table, text, text_columns

PERIOD_MONTHS = {  # one file of an asset covers so many months of publication; 0: all of them
    "transaction": 6,
    "account": 12,
    "loan": 12,
    "instalment": 12,
    "application": 12,
    "planting": 12,
    "breeding": 12,
    "grant": 12,
}
GAP_SHARE = 0.015
LATE = "Q4_late"


@dataclass
class Delivery:
    """What was written: rows and defects by table, and every direct identifier."""

    rows: Counter = field(default_factory=Counter)
    files: Counter = field(default_factory=Counter)
    defects: Counter = field(default_factory=Counter)
    identifiers: dict[str, set[str]] = field(default_factory=dict)


def deliver(
    scope: Scope,
    chunk: int,
    county: str,
    contract: Contract,
    asset: Asset,
    records: Records,
    landing: Path,
    rng: np.random.Generator,
    delivery: Delivery,
) -> None:
    """Write the files of one asset of a chunk and note what they hold.

    Args:
        scope: the county.
        chunk: number of the chunk.
        county: its six-digit code, for the file names.
        contract: of the asset.
        asset: its format and encoding.
        records: its rows, by publication.
        landing: folder of the source.
        rng: a generator of this asset's own.
        delivery: grows by what is written.
    """
    folder = landing / contract.source / contract.asset
    folder.mkdir(parents=True, exist_ok=True)
    for period, part in _files(scope, chunk, contract, records):
        rows = with_gaps(rng, contract, table(contract, part))
        defects = spoil(rng, scope.dirt, contract, asset.format, rows)
        path = folder / f"{contract.asset}_{county}_{chunk:04d}_{period}.{asset.format}"
        _write(path, asset, rows, defects)
        _note(delivery, contract, rows, defects)
        if period.endswith(LATE):
            delivery.defects[contract.table, "late_file"] += len(rows)


def _files(scope: Scope, chunk: int, contract: Contract, records: Records) -> list[tuple[str, Records]]:
    """Records by the name of the file that they go into."""
    months = PERIOD_MONTHS.get(contract.asset, 0)
    if contract.asset != "planting" or chunk or not scope.dirt:
        return periods(scope, months, records)
    records, late = postponed(scope, contract, records)
    extra = [(f"{scope.drought_year}{LATE}", taken(records, late))] if late.any() else []
    return periods(scope, months, taken(records, ~late)) + extra


def periods(scope: Scope, months: int, records: Records) -> list[tuple[str, Records]]:
    """Rows by period of publication, named `2024H1`, `2024` or `all`; what is older goes with the first."""
    if not months or not len(records["published_at"]):
        return [("all", records)] if len(records["published_at"]) else []
    month = np.maximum(records["published_at"].astype("datetime64[M]"), scope.start.astype("datetime64[M]"))
    number = month.astype(int) // months
    return [(_period_name(int(one), months), taken(records, number == one)) for one in np.unique(number)]


def with_gaps(rng: np.random.Generator, contract: Contract, rows: pa.Table) -> pa.Table:
    """Leave some optional values empty, as clerks do; not dates, where empty says "still going on"."""
    for place, (name, column) in enumerate(contract.columns.items()):
        if not (column.required or column.identifier or column.protected or column.type == "date"):
            gap = pa.array(rng.random(len(rows)) < GAP_SHARE)
            rows = rows.set_column(place, name, pc.if_else(gap, pa.scalar(None, rows[name].type), rows[name]))
    return rows


def _period_name(number: int, months: int) -> str:
    year, part = divmod(number * months, 12)
    return f"{1970 + year}" if months == 12 else f"{1970 + year}H{part // 6 + 1}"


def _note(delivery: Delivery, contract: Contract, rows: pa.Table, defects: list[Defect]) -> None:
    delivery.rows[contract.table] += len(rows) + len(defects)
    delivery.files[contract.table] += 1
    delivery.defects.update((contract.table, defect.kind) for defect in defects)
    for name, column in contract.columns.items():
        if kind := column.identifier or ("account_no" if column.pseudonym else None):
            seen = delivery.identifiers.setdefault(kind, set())
            seen.update(pc.unique(rows[name]).drop_null().to_pylist())
            seen.update(str(defect.row[name]) for defect in defects if defect.row[name] is not None)


def _write(path: Path, asset: Asset, rows: pa.Table, defects: list[Defect]) -> None:
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
    """Good rows with the defects before the rows they are copies of."""
    if not defects:
        return rows
    spoilt = pa.Table.from_pylist([defect.row for defect in defects], schema=rows.schema)
    place = np.concatenate([np.arange(len(rows)), np.array([defect.position for defect in defects]) - 0.5])
    return pa.concat_tables([rows, spoilt]).take(pa.array(np.argsort(place, kind="stable")))


def _csv_lines(rows: pa.Table) -> list[str]:
    """No value of the sandbox holds a comma or a quote, so none is quoted."""
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
    """0xFF is no character in UTF-8 nor in GB18030; it goes into the second value."""
    raw = line.encode(encoding)
    if defect.kind != "bad_encoding":
        return raw
    cut = raw.index(b",") + 3
    return raw[:cut] + b"\xff" + raw[cut:]
