"""Headers of files, compared with the contract before a row is read."""

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from conf.schema.contract import Contract
from conf.schema.errors import FieldstoneError, PartnerError
from conf.schema.source import Asset
from conf.schema.table_roles import TableRole
from lake.batch import Part
from pipeline.ingest import ended_consents
from pipeline.ingest.files import delimited, excel, json_lines, parquet
from pipeline.ingest.files.text import check_encoding
from pipeline.ingest.pull import SchemaDrift
from pipeline.ingest.schema_drift import compared, merged
from pipeline.ingest.text_chunks import unique

LOG = logging.getLogger(__name__)

_READ_IN_PART = ("parquet", "xlsx")  # formats of which undeclared columns aren't read


def inspect(files: list[tuple[Path, Part]], asset: Asset, contract: Contract) -> SchemaDrift:
    """Compare the headers of all files with the contract, before a row is read.

    Raises:
        ContractError, PartnerError: a file is empty or incomplete, lacks a required column, or has a changed type.
    """
    return merged([_compared(path, part, asset, contract) for path, part in files])


def _compared(path: Path, part: Part, asset: Asset, contract: Contract) -> SchemaDrift:
    if part.bytes == 0 and not asset.may_be_empty:
        raise PartnerError(f"{part.name} is empty, it has not even a header; ask the partner for the file again")
    try:
        names = _HEADERS[asset.format](path, part, asset, contract)
        ours = unique([asset.rename.get(name, name) for name in names])
    except FieldstoneError as error:
        raise error.saying(f"{part.name} can't be read: {error}. Nothing of it was stored") from error
    if asset.format in _READ_IN_PART:
        ended_consents.require_none(part.name, ours, contract, partial(_beside, path, asset, names))
    try:
        drift = compared(part.name, ours, contract)
    except FieldstoneError as error:
        raise PartnerError(ended_consents.refusal_text(str(error), "", ours, contract)) from None
    if asset.format == "parquet":
        parquet.check_types(path, part.name, asset, contract)
    return drift


def _beside(path: Path, asset: Asset, names: list[str], wanted: list[str]) -> Iterator[tuple[str, object]]:
    """(our name, value) of `wanted` columns in a file of which only declared columns are read later."""
    ours = {name: asset.rename.get(name, name) for name in names}
    theirs = [name for name in names if ours[name] in wanted]
    values = parquet.values(path, theirs) if asset.format == "parquet" else excel.values(str(path), asset, theirs)
    return ((ours[name], value) for name, value in values)


def _csv(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    with open(path, "rb") as file:
        check_encoding(file, asset.encoding)
        file.seek(0)
        return delimited.header(file, asset)


def _jsonl(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    """The names in all lines; those of the contract if no line is an object, because the lines are set aside later.

    Notices of withdrawal are also set aside one by one, so that none waits because of the names in others.
    """
    with open(path, "rb") as file:
        check_encoding(file, asset.encoding)
        file.seek(0)
        names = json_lines.header(file, asset)
    known = {asset.rename.get(name, name) for name in names}
    is_judged_by_line = not names or contract.role is TableRole.WITHDRAWAL
    return [*names, *(name for name in contract.columns if is_judged_by_line and name not in known)]


def _parquet(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    return parquet.header(path, part.bytes, asset)


def _xlsx(path: Path, part: Part, asset: Asset, contract: Contract) -> list[str]:
    names, others = excel.header(str(path), asset)
    if others:
        LOG.warning(f"ingest {contract.table}: {part.name} has {others:,} more sheets, which aren't read")
    return names


_HEADERS = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet, "xlsx": _xlsx}
