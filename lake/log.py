"""The log of a Delta table: checks for gaps, torn entries and damaged data files, and entries made for it here."""

import contextlib
import json
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlparse

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from lake.schema import BATCH

WITHOUT_STATISTICS = {"delta.dataSkippingNumIndexedCols": "0"}
"""Property of a table whose log keeps no column's min and max, which would outlast any deletion."""

_ENTRY = re.compile(r"(\d{20})\.(json|checkpoint(?:\.\d+\.\d+|\.[0-9a-f-]+)?\.(?:parquet|json))")


def entries(folder: Path) -> tuple[set[int], set[int]]:
    """Versions of a table that have an entry, and those that have a checkpoint."""
    commits: set[int] = set()
    checkpoints: set[int] = set()
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(folder / "_delta_log"):
            if match := _ENTRY.fullmatch(name):
                (commits if match[2] == "json" else checkpoints).add(int(match[1]))
    return commits, checkpoints


def read_from(folder: Path) -> list[Path]:
    """Files of the log that a table is read from, in order: its last checkpoint, and the entries since."""
    commits, checkpoints = entries(folder)
    last = max(checkpoints, default=-1)
    numbers = {f"{number:020d}" for number in {last, *commits} if number >= last}
    return [path for path in sorted((folder / "_delta_log").glob("*.*")) if path.name.partition(".")[0] in numbers]


def gaps(folder: Path) -> list[str]:
    """Describe the missing entries of a table's log, from its last checkpoint on, or else from the first entry.

    An empty or torn entry (power cut) counts as missing. Only the last one is read; of the others the size is checked.
    """
    commits, checkpoints = entries(folder)
    if not commits | checkpoints:
        return [f"{folder.name} has no log"] if any(folder.rglob("*.parquet")) else []
    first = max(checkpoints, default=-1) + 1
    if missing := sorted(set(range(first, max(commits | checkpoints) + 1)) - commits):
        return [f"{folder.name} lacks entry {missing[0]} of its log"]
    needed = sorted(number for number in commits if number >= first)
    torn = [number for number in needed if not _entry(folder, number).stat().st_size]
    if not torn and needed and not _is_json(_entry(folder, needed[-1])):
        torn = needed[-1:]
    return [f"entry {torn[0]} of the log of {folder.name} is empty or torn"] if torn else []


def lost_files(folder: Path, stored: DeltaTable) -> list[str]:
    """Data files of a table's version that are missing or shorter or longer than they were written.

    Their content isn't read: a file that was cut or overwritten is recognised by its size, which the log has.

    Args:
        folder: of the table.
        stored: the table, opened.
    """
    actions = pa.table(stored.get_add_actions())
    paths, sizes = (actions[name].to_pylist() if actions.num_rows else [] for name in ("path", "size_bytes"))
    return [path for path, size in zip(paths, sizes, strict=True) if size not in _sizes(folder, path)]


def added(file: Path, batch_id: str) -> AddAction:
    """A file of a batch, with its number of rows and no other statistics."""
    stat, rows = file.stat(), pq.read_metadata(file).num_rows
    path, values = f"{BATCH}={batch_id}/{file.name}", {BATCH: batch_id}
    return AddAction(path, stat.st_size, values, int(stat.st_mtime * 1000), True, json.dumps({"numRecords": rows}))


def _sizes(folder: Path, path: str) -> list[int]:
    """Size of a data file, empty if it is missing; logs may have its path plain or URL-encoded."""
    places = {folder / path, folder / unquote(urlparse(path).path if path.startswith("file:") else path)}
    return [place.stat().st_size for place in places if place.is_file()]


def _entry(folder: Path, version: int) -> Path:
    return folder / "_delta_log" / f"{version:020d}.json"


def _is_json(path: Path) -> bool:
    """Whether the first and the last line of an entry are whole; a torn one ends in the middle of a line."""
    lines = path.read_bytes().split(b"\n")
    ends = [line for line in lines if line.strip()]
    try:
        return bool(ends) and all(isinstance(json.loads(line), dict) for line in (ends[0], ends[-1]))
    except ValueError:
        return False
