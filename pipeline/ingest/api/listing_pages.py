"""Pages of a partner's listings: made from its answers, and stored sealed until their batch is in bronze."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType

from conf.schema import drafts
from conf.schema.contract import Contract
from conf.schema.errors import SetupError
from conf.schema.quarantine_reasons import ReasonCode
from conf.schema.source import Asset
from lake.cipher import Key
from lake.schema import struct
from pipeline.ingest.api.responses import Ambiguous, TransientPartnerError, as_text, parse_object
from pipeline.ingest.schema_drift import undeclared
from pipeline.ingest.text_chunks import REPLACEMENT, is_no_text, unreadable

_SURROGATE = re.compile("[\ud800-\udfff]")
_ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e]{1,128}"')
_CURSOR_LENGTH = 4096
_PARTITIONS = 16


@dataclass(frozen=True)
class Header:
    """The facts on a page without its rows.

    Attributes:
        etag: state of the listing.
        next_cursor: cursor of the next page; None on the last one.
        rows: number of rows.
        refused: authorisations that the partner doesn't accept.
        present, plain, nested: declared columns that occur, occur with a single value, occur with an object or list.
        ignored: names of undeclared columns. Unusual names may be data, and are counted only as `?`.
        asked: on the first page, [subject_key, consent_id] of the subjects that were requested and not refused.
    """

    etag: str
    next_cursor: str | None
    rows: int
    refused: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()


def read_page(
    headers: httpx.Headers, content: bytes, contract: Contract, asset: Asset, source_ref: str
) -> tuple[Header, pa.RecordBatch]:
    """The header and the rows of an answer; the rows have the form of `Pull.rows`.

    Raises:
        TransientPartnerError: the answer isn't a page.
    """
    page, etag = parse_object(content), headers.get("etag", "")
    records, cursor, refused = page.get("records"), page.get("next_cursor"), page.get("refused")
    cursor = None if cursor == "" else cursor  # some partners end their listings so
    refused = [] if refused is None else refused
    if not isinstance(records, list):  # null doesn't count as an empty list, because it may mean an error
        raise TransientPartnerError("a page without a list of records")
    if not (cursor is None or (isinstance(cursor, str) and len(cursor) <= _CURSOR_LENGTH)):
        raise TransientPartnerError("a page whose next_cursor is neither null nor a short text")
    if not (isinstance(refused, list) and all(isinstance(code, str) for code in refused)):
        raise TransientPartnerError("a page whose refused is no list of texts")
    if not _ETAG.fullmatch(etag):
        raise TransientPartnerError("a page without an ETag")
    theirs = {ours: name for name, ours in asset.rename.items()}
    names = {column: theirs.get(column, column) for column in contract.columns}
    whole = [record if _is_record(record) else {} for record in records]
    values = {column: [record.get(name) for record in whole] for column, name in names.items()}
    came, kinds = set().union(*whole), {column: set(map(type, values[column])) for column in names}
    header = Header(
        etag,
        cursor,
        len(records),
        tuple(refused),
        present=tuple(column for column, name in names.items() if name in came),
        plain=tuple(column for column in names if kinds[column] - {dict, list, type(None)}),
        nested=tuple(column for column in names if kinds[column] & {dict, list}),
        ignored=undeclared(came.difference(names.values())),
    )
    raw = [None if _is_record(record) else _text(record) or "null" for record in records]
    texts = {column for column in names if contract.columns[column].type == "string"}
    return header, _rows(values, raw, texts, f"{source_ref}@{etag}")


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and not isinstance(value, Ambiguous)


def _rows(values: dict[str, list[Any]], raw: list[str | None], texts: set[str], source_ref: str) -> pa.RecordBatch:
    """Rows made from columns of values.

    Args:
        texts: columns of text; truth values, lists and objects in them are marked, so that they can't pass as texts.
    """
    mistyped = {column: [is_no_text(value) for value in values[column]] for column in texts}
    marks = {column: [REPLACEMENT if is_none else "" for is_none in is_wrong] for column, is_wrong in mistyped.items()}
    arrays = {
        column: _array([text and text + mark for text, mark in zip(map(_text, cells), marks[column], strict=True)])
        if column in texts
        else _array(list(map(_text, cells)))
        for column, cells in values.items()
    }
    reject = pa.array([text and str(ReasonCode.BAD_RECORD) for text in raw], pa.string())
    for is_wrong in mistyped.values():
        reject = pc.if_else(
            pa.array(is_wrong, pa.bool_()), pc.coalesce(reject, pa.scalar(str(ReasonCode.BAD_TYPE))), reject
        )
    for array in arrays.values():
        reject = pc.if_else(unreadable(array), pc.coalesce(reject, pa.scalar(str(ReasonCode.BAD_ENCODING))), reject)
    ref = pa.array([source_ref] * len(raw), pa.string())
    return pa.record_batch(arrays | {"_source_ref": ref, "_reject": reject, "_raw": _array(raw)})


def _text(value: Any) -> str | None:
    """A JSON value as text; a structure that is too deep to be written as JSON is marked as unreadable."""
    try:
        return as_text(value)
    except RecursionError:
        return REPLACEMENT


def _array(texts: list[str | None]) -> pa.Array:
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:  # JSON can contain half of a surrogate pair
        return pa.array([text and _SURROGATE.sub(REPLACEMENT, text) for text in texts], pa.string())


@dataclass(frozen=True)
class SealedPages:
    """Sealed pages below a folder, so that the next pull can use the pages that an interrupted one fetched.

    Attributes:
        folder: folder with a folder per listing, which has a file per page.
        key: data key under which the pages are sealed.
    """

    folder: Path
    key: Key

    def keep(self, listing: str, number: int, header: Header, rows: pa.RecordBatch) -> None:
        """Store a page atomically.

        Raises:
            Conflict, SetupError: it can't be stored.
        """
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as stream:
            stream.write_batch(rows)
        content = json.dumps(asdict(header)).encode() + b"\n" + sink.getvalue().to_pybytes()
        path = self._path(listing, number)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            drafts.replace(path, self.key.seal(content, f"{listing}/{number}"))
        except OSError as error:
            raise SetupError(
                f"a page can't be kept below {self.folder}: {error.strerror}; make room and run this again"
            ) from None

    def headers(self, listing: str) -> list[Header]:
        """Headers of the pages of a listing, up to the first that is missing or damaged."""
        headers = []
        while page := self._read(listing, len(headers)):
            headers.append(page[0])
        return headers

    def batches(self, listing: str) -> Iterator[pa.RecordBatch]:
        """Rows of a listing."""
        number = 0
        while page := self._read(listing, number):
            yield from pa.ipc.open_stream(page[1])
            number += 1

    def bytes(self, listing: str) -> int:
        """Size of a listing's pages."""
        return sum(path.stat().st_size for path in (self.folder / listing).glob("*.page"))

    def forget(self, listing: str) -> None:
        """Drop the pages of a listing."""
        shutil.rmtree(self.folder / listing, ignore_errors=True)

    def _path(self, listing: str, number: int) -> Path:
        return self.folder / listing / f"{number:06d}.page"

    def _read(self, listing: str, number: int) -> tuple[Header, memoryview] | None:
        try:
            content = self.key.unseal(self._path(listing, number).read_bytes(), f"{listing}/{number}")
        except (OSError, InvalidTag, ValueError):
            return None
        end = content.index(b"\n")
        stated = json.loads(content[:end]).items()
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in stated}
        header = Header(**fields)
        subjects = tuple((key, consent) for key, consent in header.asked)
        return replace(header, asked=subjects), memoryview(content)[end + 1 :]


def rows(spark: SparkSession, pages: SealedPages, listings: list[str], contract: Contract) -> DataFrame:
    """The rows of stored listings, read page by page."""
    output = struct(**dict.fromkeys([*contract.columns, "_source_ref", "_reject", "_raw"], StringType()))

    def read_rows(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for listing in batch.column(0).to_pylist():
                yield from pages.batches(listing)

    return _listed(spark, listings).mapInArrow(read_rows, output)


def listed_subjects(spark: SparkSession, pages: SealedPages, listings: list[str]) -> DataFrame:
    """(`subject_key`, `consent_id`) of the subjects that stored listings asked for and that weren't refused."""
    output = struct(subject_key=StringType(), consent_id=StringType())

    def read_subjects(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for listing in batch.column(0).to_pylist():
                pairs = pages.headers(listing)[0].asked
                columns = [pa.array([pair[n] for pair in pairs], pa.string()) for n in (0, 1)]
                yield pa.record_batch(columns, names=output.fieldNames())

    return _listed(spark, listings).mapInArrow(read_subjects, output)


def _listed(spark: SparkSession, listings: list[str]) -> DataFrame:
    frame = spark.createDataFrame([(listing,) for listing in listings], "listing string")
    return frame.repartition(min(len(listings), _PARTITIONS))
