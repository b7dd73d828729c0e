"""Delivered files, read by the workers: each as a whole, and compared with its state when it was chosen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import LongType, StringType

from conf.schema.contract import Contract
from conf.schema.errors import FieldstoneError, PartnerError
from conf.schema.hashing import file_sha256
from conf.schema.source import Asset
from lake.batch import Part
from lake.schema import struct
from pipeline.ingest.files.formats import Origin, parse

# files read and written at a time; the embedded engine starts all tasks at once, each with its own memory
_AT_ONCE = 8
_LISTING = "number long, paths array<string>, names array<string>, sha256s array<string>, rows long"


@dataclass(frozen=True)
class Content:
    """A file to read: one of the landing zone, or an unpacked one."""

    path: Path
    part: Part


@dataclass(frozen=True)
class Delivered:
    """A file of the landing zone to read.

    Attributes:
        part: the file itself.
        contents: the file itself, or the files in an archive.
        rows: number of rows that its manifest states; None if it states none.
        delivery: files that are ingested together with it or not at all; empty without a manifest.
    """

    path: Path
    part: Part
    contents: tuple[Content, ...]
    rows: int | None = None
    delivery: frozenset[Path] = frozenset()

    @property
    def parts(self) -> tuple[Part, ...]:
        """The file, and the files in it if it is an archive."""
        return tuple({part.sha256: part for part in (self.part, *(each.part for each in self.contents))}.values())


def read(spark: SparkSession, files: Sequence[Delivered], asset: Asset, contract: Contract) -> DataFrame:
    """Read files as text; fails if a file has changed since it was chosen, or has another number of rows than stated.

    Returns:
        The declared columns as strings, with `_source_ref` (token of the file's name, and SHA-256), `_reject` (a
        reason code, or null) and `_raw` (the line that was rejected, or null).
    """
    output = struct(**dict.fromkeys([*contract.columns, "_source_ref", "_reject", "_raw"], StringType()))

    def read_files(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for file in batch.to_pylist():
                yield from _rows(file, asset, contract)

    return _listed(spark, files).mapInArrow(read_files, output)


def faults(spark: SparkSession, files: Sequence[Delivered], asset: Asset, contract: Contract) -> dict[int, str]:
    """Read files to their end to find errors: index of an unreadable file → text of its error."""

    def try_files(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            tried = [(file["number"], _fault(file, asset, contract)) for file in batch.to_pylist()]
            numbers, texts = zip(*tried, strict=True) if tried else ((), ())
            columns = [pa.array(numbers, pa.int64()), pa.array(texts, pa.string())]
            yield pa.record_batch(columns, names=["number", "fault"])

    faulty = _listed(spark, files).mapInArrow(try_files, struct(number=LongType(), fault=StringType()))
    return {row["number"]: row["fault"] for row in faulty.where("fault IS NOT NULL").collect()}


def _listed(spark: SparkSession, files: Sequence[Delivered]) -> DataFrame:
    listing = [
        (
            n,
            [str(content.path) for content in each.contents],
            [content.part.name for content in each.contents],
            [content.part.sha256 for content in each.contents],
            each.rows,
        )
        for n, each in enumerate(files)
    ]
    return spark.createDataFrame(listing, _LISTING).repartition(min(len(listing), _AT_ONCE))


def _fault(file: dict, asset: Asset, contract: Contract) -> str | None:
    try:
        for _ in _rows(file, asset, contract):
            pass
    except FieldstoneError as error:
        return str(error)
    except Exception as error:  # any error belongs to this file, and its text may quote a row
        name = file["names"][0]
        return f"{name} can't be read ({type(error).__name__}); ask the partner for it again, or tell us of it"
    return None


def _rows(file: dict, asset: Asset, contract: Contract) -> Iterator[pa.RecordBatch]:
    count = 0
    for path, name, sha256 in zip(file["paths"], file["names"], file["sha256s"], strict=True):
        origin = Origin(name, sha256)
        for rows in parse(path, origin, asset, contract):
            count += rows.num_rows
            yield rows
        # once more, after the last row
        if file_sha256(Path(path)) != origin.sha256:
            raise PartnerError(
                f"{origin.name} was changed while it was read; nothing of it was stored. "
                "Run again when the partner has finished it",
                transient=True,
            )
    if file["rows"] is not None and count != file["rows"]:
        names = ", ".join(file["names"])
        raise PartnerError(
            f"{names} has {count:,} rows, and its manifest says {file['rows']:,}; nothing of it was stored. "
            "Ask the partner for the file or its manifest again"
        )
