"""The county's bank files as typed tables of a core system; values that no column can store are missing."""

import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from conf.schema import source
from conf.schema.contract import Contract
from conf.schema.errors import NotFound
from conf.schema.source import Asset
from conf.schema.workspace import Workspace
from sandbox.county.tables import arrow_type


def tables(workspace: Workspace, name: str = "bank") -> dict[str, pa.Table]:
    """Tables of a source by asset, from the files that the county has put into the landing zone.

    Raises:
        FieldstoneError: there are none.
    """
    entry = source.read(workspace.root / "conf" / "sources" / f"{name}.yaml")
    landing = workspace.settings.landing
    files_of = {asset: sorted(landing.glob(entry.glob(asset))) for asset in entry.assets}
    if not any(files_of.values()):
        raise NotFound(f"no files of {name} in {landing}; make the county with `fieldstone generate`")
    return {
        asset: _table(workspace.contract(f"{name}__{asset}"), entry.assets[asset], files)
        for asset, files in files_of.items()
        if files
    }


def _table(contract: Contract, asset: Asset, files: Iterable[Path]) -> pa.Table:
    typed = [_typed(contract, rows) for path in files for rows in _rows(path, asset, list(contract.columns))]
    whole = pa.concat_tables(typed)
    return whole.filter(whole[contract.published].is_valid()) if contract.published else whole


def _rows(path: Path, asset: Asset, columns: list[str]) -> Iterator[pa.Table]:
    if asset.format == "parquet":
        yield pq.read_table(path)
    elif asset.format == "csv":
        text = path.read_text(encoding=asset.encoding, errors="replace")
        yield pa_csv.read_csv(
            io.BytesIO(text.encode()),
            parse_options=pa_csv.ParseOptions(invalid_row_handler=lambda _: "skip"),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True
            ),
        )
    else:
        with open(path, encoding=asset.encoding, errors="replace") as lines:
            records = [record for line in lines if (record := _record(line))]
        yield pa.table({name: pa.array([_text(r.get(name)) for r in records], pa.string()) for name in columns})


def _record(line: str) -> dict | None:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _typed(contract: Contract, rows: pa.Table) -> pa.Table:
    kinds = {name: arrow_type(column.type) for name, column in contract.columns.items()}
    return pa.table({name: _cast(rows[name].combine_chunks(), kind) for name, kind in kinds.items()})


def _cast(values: pa.Array, kind: pa.DataType) -> pa.Array:
    try:
        return values.cast(kind)
    except pa.ArrowException:
        return pa.array([_cast_one(value, kind) for value in values], kind)


def _cast_one(value: pa.Scalar, kind: pa.DataType) -> object:
    try:
        return value.cast(kind).as_py()
    except pa.ArrowException:
        return None
