"""`make bench`: features, ingestion and training against the least that others take for them, in one run.

Writes `docs/benchmarks.md`, `docs/benchmarks.zh.md` and `docs/benchmarks.svg`.
SIZES="100000 1000000" households unless told otherwise.
"""

import argparse
import json
import os
import platform
import shutil
import sys
from dataclasses import asdict, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import psutil

from conf.schema.workspace import ROOT, load
from pipeline.machine import postgresql
from sandbox.partners import postgres
from tests.benchmarks import learned, page, recourse
from tests.benchmarks.bookings import fill
from tests.benchmarks.compare import differences
from tests.benchmarks.generate import MONTHS, generate
from tests.benchmarks.measure import DOORS, ENGINES
from tests.benchmarks.measured import Measured, measured_of

REFERENCE = "duckdb"
PACKAGES = ("pysail", "pyspark", "duckdb", "polars", "xgboost", "shap")


def main() -> int:
    """Measure, compare, write the page; 1 where results differ."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000], metavar="HOUSEHOLDS")
    parser.add_argument("--bookings", type=int, nargs="*", default=[1_000_000, 5_000_000], metavar="ROWS")
    learned.declare(parser)
    options, place = parser.parse_args(), load()
    sizes = options.sizes
    folder = place.settings.home / "bench"
    engines = [engine for engine in ENGINES if engine != "spark" or shutil.which("java")]
    print(f"{', '.join(engines)}{'' if 'spark' in engines else '; no Java, so no Apache Spark'}")
    measured, differing = [], 0
    for households in sizes:
        source = generate(folder, households)
        for engine in engines:
            measured.append(measured_of(engine, source, households))
            print(
                f"{households:>9,} households  {engine:<7} {measured[-1].run_s:6.1f} s  {measured[-1].peak_gb:4.1f} GB"
            )
        for engine in engines:
            if differing_tables := differences(_result(source, REFERENCE), _result(source, engine)):
                print(f"{engine} differs from {REFERENCE}: {differing_tables}")
                differing += 1
    taken_in = [asdict(row) for row in _bookings(folder, options.bookings)]
    models = [asdict(row) for row in learned.measure(folder, options.training, options.explaining)]
    steps = _steps(place.settings.home)
    rows = [asdict(row) for row in measured]
    page.write(ROOT / "docs", rows, taken_in, models, recourse.measured(), _machine(), steps, MONTHS)
    print(f"written to {ROOT / 'docs'}: {', '.join(page.PAGES.values())}")
    return int(differing > 0)


def _bookings(folder: Path, sizes: list[int]) -> list[Measured]:
    """Bookings from a PostgreSQL through the door, and the floor, in turns; the better of two rounds of each."""
    if not postgresql.is_installed():
        print("no PostgreSQL, so no bookings from a database")
        return []
    folder.mkdir(parents=True, exist_ok=True)
    best = []
    with postgres.running(folder / "postgres") as server:
        os.environ["FIELDSTONE_BANK_URL"] = server.url()
        os.environ["FIELDSTONE_BENCH_OWNER"] = server.url(postgres.OWNER)
        os.environ["FIELDSTONE_BENCH_COPY"] = f"{server.data}/copied.csv"
        for rows in sizes:
            fill(server, rows)
            rounds = [{way: _take_in(way, folder, rows, server) for way in DOORS} for _ in range(2)]
            best += [min((each[way] for each in rounds), key=lambda one: one.run_s) for way in DOORS]
    return best


def _take_in(way: str, folder: Path, rows: int, server: postgres.Postgres) -> Measured:
    """One way in a process of its own; the server's share of the processors counts too."""
    shutil.rmtree(folder / "result_door", ignore_errors=True)
    used = _processor_seconds(server)
    measured = measured_of(way, folder, rows)
    measured = replace(measured, cpu_s=measured.cpu_s + _processor_seconds(server) - used)
    print(
        f"{rows:>9,} bookings    {way:<7} {measured.run_s:6.1f} s  {measured.cpu_s:6.1f} s of processors  "
        f"{measured.peak_gb:4.1f} GB",
        flush=True,
    )
    return measured


def _processor_seconds(server: postgres.Postgres) -> float:
    """Of a server and of its sessions that have ended."""
    return sum(psutil.Process(int(Path(server.data, "postmaster.pid").read_text().split()[0])).cpu_times()[:4])


def _result(source: Path, engine: str) -> Path:
    path = source / f"result_{engine}"
    return path if path.is_dir() else path.with_suffix(".parquet")


def _machine() -> dict[str, object]:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return {
        "date": date.today(),
        "cores": os.cpu_count(),
        "memory": psutil.virtual_memory().total / 2**30,
        "software": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {packages}",
    }


def _steps(home: Path) -> dict:
    """Seconds of each step of the last `make run`, empty if there was none."""
    path = home / "reports" / "run_times.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


if __name__ == "__main__":
    sys.exit(main())
