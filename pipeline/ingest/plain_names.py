"""Migration of old lakes with plain file names in ledger, bronze, quarantine and refusals.

Such a name may be a person's. It is sealed, replaced by a token, and old versions of these tables are deleted.
"""

import logging
import re
from collections.abc import Callable, Mapping
from pathlib import PurePath

import pyarrow as pa

from conf.schema import table_names
from conf.schema.contract import Contract
from conf.schema.source import Source
from lake import file_names, raw_access, refusals, selection
from lake.batch import INGEST
from pipeline.context import Context
from pipeline.erasure.erasure_steps import undisturbed
from pipeline.ingest.files import archives

LOG = logging.getLogger(__name__)

_TOKEN = re.compile(r"[0-9a-f]{16}(\.[a-z]+)*")
_LEDGER = table_names.BATCHES


def hide(context: Context, source: Source, contract: Contract) -> None:
    """Replace names by tokens; the ledger comes last, so that a killed run is repeated."""
    if source.connection.kind != "files" or not (plain := _plain(context, contract)):
        return
    key, form = context.vault.secrets.pseudonym, source.assets[contract.asset].format
    endings = {name: f".{form}{archives.packing(PurePath(name))}" for name in plain}
    tokens = {name: file_names.token_of_file(name, ending, key) for name, ending in endings.items()}
    with undisturbed(context):
        file_names.keep(context.vault, contract.table, {token: name for name, token in tokens.items()})
        for table in (contract.named("bronze"), contract.named("quarantine")):
            _rewrite(context, table, {"_source_ref": lambda ref: _of_row(ref, tokens)})
        changes = {"parts": lambda parts: _parts(parts, tokens), "reason": lambda text: _text(text, tokens)}
        _rewrite(context, refusals.REFUSALS, changes, contract.table)
        _rewrite(context, _LEDGER, {"parts": changes["parts"]}, contract.table)
    LOG.info(f"ingest {contract.table}: {len(tokens):,} names of files, which were stored as they are, are sealed now")


def _plain(context: Context, contract: Contract) -> set[str]:
    """Plain names of files in the ledger or in refusals."""
    lake = context.lake
    noted = [*lake.batches(contract.table, INGEST), *refusals.history(lake, contract.table)]
    names_of_parts = {part.name for each in noted for part in each.parts}
    return {name for name in names_of_parts if not _TOKEN.fullmatch(name)}


def _of_row(ref: str, tokens: Mapping[str, str]) -> str:
    name, mark, digest = ref.rpartition("#")
    return tokens.get(name, name) + mark + digest


def _parts(parts: list[dict], tokens: Mapping[str, str]) -> list[dict]:
    return [part | {"name": tokens.get(part["name"], part["name"])} for part in parts]


def _text(text: str, tokens: Mapping[str, str]) -> str:
    for name in sorted(tokens, key=len, reverse=True):  # longest first, because of archives and their members
        text = text.replace(name, tokens[name])
    return text


def _rewrite(context: Context, table: str, by: Mapping[str, Callable], source_table: str | None = None) -> None:
    """Change values of columns, optionally only in rows of a source table, and delete old versions of the table."""

    def change(batch: pa.RecordBatch) -> pa.RecordBatch:
        rows = batch.select([*by, *(["source_table"] if source_table else [])]).to_pylist()
        for column, changed in by.items():
            is_meant = [source_table in (None, row.get("source_table")) and row[column] for row in rows]
            values = [changed(r[column]) if yes else r[column] for r, yes in zip(rows, is_meant, strict=True)]
            batch = selection.with_values(batch, column, values)
        return batch

    if context.lake.exists(table):
        raw_access.change(context.lake, table, change)
        raw_access.purge(context.lake, table)
