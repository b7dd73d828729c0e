"""File drops: the files of the landing zone that no batch holds yet, read by the workers."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType

from conf.contract import Contract
from conf.errors import FieldstoneError
from conf.source import Asset, Source
from jobs.context import Context
from jobs.ingest import manifest
from jobs.ingest.formats import parse
from jobs.ingest.headers import inspect
from jobs.ingest.pull import Part, Pull
from lake.schema import struct

_UNFINISHED = (".part", ".tmp")


@dataclass(frozen=True)
class Delivered:
    """A file to be read, and how many rows its manifest says it has."""

    path: Path
    part: Part
    rows: int | None = None


def pull(context: Context, source: Source, contract: Contract, finished: list[dict]) -> Pull | None:
    """The files that no finished batch holds yet, None if there are none.

    A file is known by its content: delivered again, under whatever name, it is nothing new.

    Raises:
        FieldstoneError: no file at all for an asset that isn't optional, a file that can't be what was agreed, or a
            manifest that doesn't hold (see `manifest`).
    """
    asset = source.assets[contract.asset]
    seen = {part["sha256"] for batch in finished for part in batch["parts"]}
    new: dict[str, Delivered] = {}
    for delivered in _deliveries(context, source, contract, seen):
        new.setdefault(delivered.part.sha256, delivered)
    if not new:
        return None
    found = list(new.values())
    drift = inspect([(each.path, each.part) for each in found], asset, contract)
    return Pull(tuple(each.part for each in found), read(context.lake.spark, found, asset, contract), drift)


def _deliveries(context: Context, source: Source, contract: Contract, seen: set[str]) -> list[Delivered]:
    """The files that were not taken in before, without those that are to be left alone."""
    workspace, connection, glob = context.workspace, source.connection, source.glob(contract.asset)
    root = workspace.root / connection.root if connection.root else workspace.settings.landing
    paths, unfinished = _files(root, glob)
    key = manifest.public_key(workspace.root / connection.public_key) if connection.public_key else None
    listed = manifest.read(root, glob, key)
    if not paths and not listed and not source.assets[contract.asset].optional:
        raise FieldstoneError(
            f"no file for {source.name}/{contract.asset}: nothing matches {glob} in the landing zone {root}"
            f"{f' but {unfinished} that are still being written' if unfinished else ''}; "
            "check the delivery, or mark the asset optional in its source"
        )
    there = {path: Part(str(path.relative_to(root)), _sha256(path), path.stat().st_size) for path in paths}
    # of the real clock, as the files' own times are, whatever clock the run was given
    patience_from = datetime.now(UTC) - timedelta(minutes=connection.patience_minutes)
    said = manifest.compared(listed, {path: part.sha256 for path, part in there.items()}, seen, patience_from)
    unread = {path: part for path, part in there.items() if part.sha256 not in seen}
    found = [Delivered(path, part, said.rows.get((path, part.sha256))) for path, part in unread.items()]
    needs_manifest = connection.manifest == "required" or key is not None
    known = [each for each in found if each.path not in said.awaited and not (needs_manifest and each.rows is None)]
    left_alone = {
        "still being written": unfinished,
        "of a delivery that isn't whole yet": len(said.awaited & unread.keys()),
        "that no manifest lists": len(unread.keys() - said.awaited) - len(known),
    }
    if any(left_alone.values()):
        why = ", ".join(f"{count:,} {how}" for how, count in left_alone.items() if count)
        print(f"ingest {contract.table}: files are left alone: {why}")
    return known


def _files(root: Path, glob: str) -> tuple[list[Path], int]:
    """Files of an asset, and how many there are that somebody is still writing."""
    matching = {path for ending in ("", *_UNFINISHED) for path in root.glob(glob + ending) if path.is_file()}
    files = {path for path in matching if not manifest.is_manifest(path)}
    done = {p for p in files if not p.name.startswith((".", "~$")) and not p.name.endswith(_UNFINISHED)}
    return sorted(done), len(files - done)


def read(spark: SparkSession, found: list[Delivered], asset: Asset, contract: Contract) -> DataFrame:
    """Read files as text; fails where a file isn't what it was when it was chosen, or has another number of rows.

    Returns:
        The declared columns as strings, with `_source_ref` (file and SHA-256), `_reject` (a reason code, or null)
        and `_raw` (the line that was rejected, or null).
    """
    output = struct(**dict.fromkeys([*contract.columns, "_source_ref", "_reject", "_raw"], StringType()))

    def read_files(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for path, source_ref, expected in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                count = 0
                for rows in parse(path, source_ref, asset, contract):
                    count += rows.num_rows
                    yield rows
                _check(path, source_ref, count, expected)

    listing = [(str(each.path), f"{each.part.name}#{each.part.sha256}", each.rows) for each in found]
    files = spark.createDataFrame(listing, "path string, source_ref string, rows long").repartition(len(listing))
    return files.mapInArrow(read_files, output)


def _check(path: str, source_ref: str, count: int, expected: int | None) -> None:
    """See that what was read is what was chosen: the content once more, after the last row, and the rows."""
    name, _, sha256 = source_ref.rpartition("#")
    if _sha256(Path(path)) != sha256:
        raise FieldstoneError(
            f"{name} was changed while it was read; nothing of this batch was stored. "
            "Run again when the partner has finished it"
        )
    if expected is not None and count != expected:
        raise FieldstoneError(
            f"{name} has {count:,} rows, and its manifest says {expected:,}; nothing of this batch was stored. "
            "Ask the partner for the file or its manifest again"
        )


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
