"""Reads a chunk of the sandbox county the way its partners would print it: raw lines, and records by table."""

from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from conf.schema import workspace
from sandbox.county import chunk
from sandbox.county.deliver import Deliverer
from sandbox.county.scope import Scope
from sandbox.county.tables import table

DECLARED = workspace.load()
ASSETS = {f"{s.name}__{asset}": entry for s in DECLARED.sources.values() for asset, entry in s.assets.items()}


def scope(households: int = 60, defect_share: float = 0.0, seed: int = 7, months: int = 36) -> Scope:
    return Scope(households, months, seed, defect_share, date(2026, 1, 1))


def tables(of: Scope, number: int = 0) -> dict[str, pa.Table]:
    """Clean typed tables of a chunk, the truth's among them as `truth__…`."""
    records, truth, _ = chunk.simulate(of, number, DECLARED)
    typed = {name: table(DECLARED.contract(name), rows) for name, rows in records.items()}
    return typed | {f"truth__{name}": rows for name, rows in truth.items()}


def written(of: Scope, out: Path, number: int = 0) -> Deliverer:
    return chunk.write(of, number, DECLARED, out)


def files(out: Path, name: str) -> list[Path]:
    """The files of a table, without manifests."""
    source, asset = name.split("__")
    return sorted((out / "landing" / source / asset).glob(f"*.{ASSETS[name].format}"))


def lines(out: Path, name: str) -> Counter:
    """Every row of a table's files as raw bytes (or, in Parquet, as its values), headers left out."""
    seen: Counter = Counter()
    for path in files(out, name):
        if path.suffix == ".parquet":
            seen.update(tuple(row.values()) for row in pq.read_table(path).to_pylist())
        else:
            seen.update(path.read_bytes().splitlines()[1 if path.suffix == ".csv" else 0 :])
    return seen


def contents(out: Path) -> dict[str, bytes]:
    """Every file below a folder by its relative path."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
