"""Formats of files: reads CSV, JSON lines, Parquet and Excel as rows of text, in bounded memory."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from conf.schema.contract import Column, Contract
from conf.schema.errors import FieldstoneError, PartnerError
from conf.schema.quarantine_reasons import ReasonCode
from conf.schema.source import Asset
from conf.schema.table_roles import TableRole
from lake import notices
from pipeline.ingest import ended_consents
from pipeline.ingest.files import delimited, excel, json_lines, parquet
from pipeline.ingest.text_chunks import CHUNK_ROWS, unique, unreadable


@dataclass(frozen=True)
class Origin:
    """The file that rows come from: the token of its name, and its SHA-256."""

    name: str
    sha256: str

    @property
    def source_ref(self) -> str:
        """The source reference of its rows."""
        return f"{self.name}#{self.sha256}"


def parse(path: str, origin: Origin, asset: Asset, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The rows of one file in batches of bounded size, as `read` returns them.

    Raises:
        PartnerError: it isn't a file of its format, or is incomplete.
    """
    columns, source_ref = list(contract.columns), origin.source_ref
    named = {name: name for name in columns if name not in asset.rename} | asset.rename
    ours = {theirs: contract.columns[our] for theirs, our in named.items() if our in contract.columns}
    parser = _PARSERS[asset.format]
    if asset.format == "jsonl" and contract.role is TableRole.WITHDRAWAL:
        # all parts of a notice that may identify its subject are kept
        parser = partial(parser, is_clear=partial(_is_clear, ours=ours, pattern=notices.number_pattern(contract)))
    try:
        for chunk, reason in parser(path, asset, ours):
            if isinstance(chunk, list):
                rows = _set_aside(chunk, reason, columns, source_ref)
            else:
                names: list[str] = chunk.column_names
                named = chunk.rename_columns(unique([asset.rename.get(name, name) for name in names]))
                rows = ended_consents.set_aside(_complete(named, columns, source_ref, reason), named, contract)
            yield from rows.to_batches(CHUNK_ROWS)
    except FieldstoneError as error:
        raise error.saying(f"{origin.name} can't be read: {error}. Nothing of it was stored") from None
    except (pa.ArrowException, OSError, UnicodeError, EOFError) as error:
        raise PartnerError(
            f"{origin.name} can't be read as {asset.format} to its end ({type(error).__name__}); "
            "nothing of it was stored. Ask the partner for the file again"
        ) from None


def _is_clear(record: dict, ours: dict[str, Column], pattern: str | None) -> bool:
    """Whether a notice has all required values under our names, and names no other consent or person elsewhere."""
    carried = {name: record.get(name) for name in ours}
    needed = [carried[name] for name, column in ours.items() if column.required]
    if any(value is None or not str(value).strip() for value in needed):
        return False
    whole, own = (notices.read(json.dumps(each, ensure_ascii=False), pattern) for each in (record, carried))
    return whole.named <= own.named


def _complete(table: pa.Table, columns: list[str], source_ref: str, reason: ReasonCode | None) -> pa.Table:
    """The declared columns in order, with null for absent ones; rows with undecodable bytes are marked."""
    nothing = pa.nulls(table.num_rows, pa.string())
    have = set(table.column_names)
    arrays = {name: table[name].cast(pa.string()) if name in have else nothing for name in columns}
    reject = pa.array([reason and str(reason)] * table.num_rows, pa.string())
    for array in [] if reason else arrays.values():
        reject = pc.if_else(unreadable(array), pa.scalar(str(ReasonCode.BAD_ENCODING)), reject)
    return _with_origin(arrays, source_ref, reject, nothing)


def _set_aside(lines: list[str], reason: ReasonCode, columns: list[str], source_ref: str) -> pa.Table:
    """Lines that aren't rows, with their reason."""
    arrays = dict.fromkeys(columns, pa.nulls(len(lines), pa.string()))
    codes = pa.array([str(reason)] * len(lines), pa.string())
    return _with_origin(arrays, source_ref, codes, pa.array(lines, pa.string()))


def _with_origin(
    arrays: Mapping[str, pa.Array | pa.ChunkedArray], source_ref: str, reject: pa.Array, raw: pa.Array
) -> pa.Table:
    ref = pa.array([source_ref] * len(raw), pa.string())
    return pa.table({**arrays, "_source_ref": ref, "_reject": reject, "_raw": raw})


# format → reader, called with the file, the asset, and the declared columns by the partner's names
_PARSERS = {"csv": delimited.rows, "jsonl": json_lines.rows, "parquet": parquet.rows, "xlsx": excel.rows}
