"""The sandbox county: partner files of a synthetic, believable county with a known truth.

    county = generate(spark, Path(".sandbox"), households=5000, months=36, seed=7, defect_share=0.01, thin_files=0.4)

Chunks of households are simulated by the session's workers, each of which writes its own files and returns only
counts, so that a county of millions needs no more memory than a few chunks.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from conf.schema import drafts, workspace
from conf.schema.clock import midnight
from conf.schema.errors import Conflict
from conf.schema.settings import CLOCK
from sandbox.county import RECORD, County, chunk
from sandbox.county.scope import ZONE, Scope

_COUNTED = ("rows", "files", "defects")
_COUNTS = "what string, table string, kind string, count long"


def generate(
    spark: SparkSession,
    out: Path,
    *,
    households: int,
    months: int = 36,
    seed: int = 7,
    defect_share: float = 0.01,
    thin_files: float = 0.0,
    end: date = date(2026, 1, 1),
) -> County:
    """Write a county below a folder, unless the same one is there already.

    `out/landing/<source>/<asset>/` gets the partners' files, `out/truth/*.parquet` the facts that only the simulator
    knows, `out/county.json` the record of the county, and `out/clock` the moment of its end, which becomes the
    workspace's clock.

    Args:
        spark: a session of any engine; its workers must see `out`.
        out: the folder; another county in it is replaced.
        households, months, seed, defect_share, thin_files, end: see `Scope`.

    Raises:
        FieldstoneError: a value is out of range, or `out` has files that don't belong to a county.
    """
    scope = Scope(households, months, seed, defect_share, end, thin_files)
    options: dict[str, Any] = {
        "households": households,
        "months": months,
        "seed": seed,
        "defect_share": defect_share,
        "as_of": midnight(end, ZONE).isoformat(),
    }
    if thin_files:  # a county without newcomers keeps the record of versions that had none
        options["thin_files"] = thin_files
    record, begun = out / RECORD, out / f"{RECORD}.begun"
    if record.exists():
        known = json.loads(record.read_text(encoding="utf-8"))
        if {name: value for name, value in known.items() if name not in _COUNTED} == options:
            _set_clock(out, options["as_of"])
            return _county(known)
    _clear(out, record, begun)
    tasks = spark.range(0, scope.chunks, 1, min(scope.chunks, 4 * (os.cpu_count() or 1)))
    counts = tasks.mapInArrow(_writer(scope, out.absolute()), _COUNTS).toArrow().to_pylist()
    known = options | _tallied(counts)
    begun.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    _set_clock(out, options["as_of"])
    begun.replace(record)
    return _county(known)


def _writer(scope: Scope, out: Path) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that a worker runs for the numbers of its chunks."""

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        declared = workspace.load(workspace.ROOT)
        for batch in batches:
            for number in batch.column(0).to_pylist():
                delivery = chunk.write(scope, number, declared, out)
                rows = [("rows", name, "", count) for name, count in delivery.rows.items()]
                files = [("files", name, "", count) for name, count in delivery.files.items()]
                defects = [("defects", name, kind, count) for (name, kind), count in delivery.defects.items()]
                columns = zip(*rows, *files, *defects, strict=True)
                yield pa.RecordBatch.from_arrays(
                    [pa.array(column) for column in columns], names=["what", "table", "kind", "count"]
                )

    return write


def _tallied(counts: list[dict]) -> dict[str, dict]:
    total: dict[str, dict] = {what: {} for what in _COUNTED}
    for row in sorted(counts, key=lambda row: (row["what"], row["table"], row["kind"])):
        place, key = total[row["what"]], row["table"]
        if row["what"] == "defects":
            place, key = place.setdefault(key, {}), row["kind"]
        place[key] = place.get(key, 0) + row["count"]
    return total


def _clear(out: Path, record: Path, begun: Path) -> None:
    """Remove another or an unfinished county; refuse to remove anything else."""
    out.mkdir(parents=True, exist_ok=True)
    present = [name for name in ("landing", "truth") if (out / name).exists()]
    if present and not (record.exists() or begun.exists()):
        raise Conflict(
            f"{out} has {' and '.join(present)} but no {RECORD}, so it isn't a sandbox county; choose another folder, "
            "or empty this one"
        )
    begun.touch()
    for path in (record, out / CLOCK):
        path.unlink(missing_ok=True)
    for name in present:
        shutil.rmtree(out / name)


def _set_clock(out: Path, moment: str) -> None:
    if not (out / CLOCK).exists():
        drafts.replace(out / CLOCK, moment.encode())


def _county(known: dict[str, Any]) -> County:
    stated: dict[str, Any] = {**known, "as_of": datetime.fromisoformat(known["as_of"])}
    return County(**stated)
