"""The benchmark page: a table and a plot from what was measured."""

from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
import pandas as pd

OURS, PEER = "sail", "duckdb"
NAMES = {
    "sail": "Fieldstone (Sail)",
    "duckdb": "DuckDB, SQL by hand",
    "polars": "Polars, by hand",
    "spark": "Fieldstone (Apache Spark)",
}
COLOURS = {"sail": "#2d6a4f", "duckdb": "#8d9db0", "polars": "#b9c3cf", "spark": "#b5523b"}
TARGET_RATIO, TARGET_GB, TARGET_GROWTH = 1.25, 8, 12
TARGET_DOOR_RATIO, TARGET_DOOR_GROWTH = 2, 1.25
WAYS = {
    "copy": "`COPY … TO` the server's own disk, DuckDB to Parquet",
    "tls": "`COPY … TO STDOUT` over TLS, DuckDB to Parquet",
    "door": "`fieldstone ingest bank`, over TLS",
}


def write(folder: Path, measured: list[dict], taken_in: list[dict], machine: str, steps: dict, months: int) -> None:
    """Write `benchmarks.md` and `benchmarks.svg`.

    Args:
        folder: where to.
        measured: engine, households, start_s, run_s, peak_gb of each run.
        taken_in: the same and cpu_s of bookings from a database, their number as `households`.
        machine: what it ran on.
        steps: `steps`, `tasks` and `no_task_running` in seconds of the last `make run`, or nothing.
        months: of bookings per household, one booking each.
    """
    rows = pd.DataFrame(measured)
    seconds = rows.pivot(index="engine", columns="households", values="run_s")
    folder.mkdir(exist_ok=True)
    _plot(rows, folder / "benchmarks.svg")
    lines = [
        "# Benchmarks",
        "",
        f"`make bench` on {machine}.",
        "",
        "## Transaction features",
        "",
        f"The features that `features/banking.py` declares on transactions, {months} months of bookings for each "
        "household, from Parquet to Parquet. Every engine reads the same files, and all results are equal to 1e-9.",
        "",
        "| engine | households | bookings | seconds | peak memory | against DuckDB |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {NAMES[r.engine]} | {r.households:,} | {r.households * months:,} | {r.run_s:.1f} | {r.peak_gb:.1f} GB "
            f"| {r.run_s / seconds.loc[PEER, r.households]:.2f} x |"
            for r in rows.itertuples()
        ),
        "",
        "![Seconds by engine and size](benchmarks.svg)",
        "",
        *_verdicts(rows, seconds),
        *bookings(taken_in),
        *_steps(steps),
    ]
    (folder / "benchmarks.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _verdicts(rows: pd.DataFrame, seconds: pd.DataFrame) -> list[str]:
    """Each target with what was measured."""
    largest, smallest = seconds.columns.max(), seconds.columns.min()
    ratio = seconds.loc[OURS, largest] / seconds.loc[PEER, largest]
    memory = rows.loc[rows["engine"] == OURS, "peak_gb"].max()
    growth = seconds.loc[OURS, largest] / seconds.loc[OURS, smallest]
    told = [
        (f"time against DuckDB at {largest:,} households", f"{ratio:.2f}", ratio <= TARGET_RATIO, TARGET_RATIO),
        ("peak memory in GB", f"{memory:.1f}", memory <= TARGET_GB, TARGET_GB),
    ]
    if largest == 10 * smallest:
        told.append((f"growth from {smallest:,}", f"{growth:.1f}", growth <= TARGET_GROWTH, TARGET_GROWTH))
    table = [
        f"| {what} | {value} | {at_most} | {'met' if met else '**missed**'} |" for what, value, met, at_most in told
    ]
    return ["| target | measured | at most | |", "|---|---:|---:|---|", *table, ""]


def bookings(taken_in: list[dict]) -> list[str]:
    """Bookings from a database, as lines of the page."""
    if not taken_in:
        return []
    rows = pd.DataFrame(taken_in).pivot(index="households", columns="engine", values=["run_s", "cpu_s", "peak_gb"])
    seconds, peak = rows["run_s"], rows["peak_gb"]["door"]
    largest, growth = rows.index.max(), peak.iloc[-1] / peak.iloc[0]
    told = [
        (f"time at {largest:,} against {WAYS[way]}", (seconds["door"] / seconds[way])[largest], TARGET_DOOR_RATIO)
        for way in ("tls", "copy")
    ]
    if len(rows) > 1:
        told.append((f"memory at {largest:,} against that at {rows.index.min():,}", growth, TARGET_DOOR_GROWTH))
    return [
        "## Bookings from PostgreSQL",
        "",
        "The bank's transactions into bronze, with gate, vault, pseudonyms and row hashes, against the least that any "
        "copy takes: CSV by `COPY`, which DuckDB reads and writes as Parquet. A server's own disk is out of a "
        "client's reach; that way is the strictest measure. In turns, the better of two rounds.",
        "",
        "| way | bookings | seconds | of processors | peak memory of the client | against the first | in processors |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {WAYS[way]} | {n:,} | {rows['run_s'][way][n]:.1f} | {rows['cpu_s'][way][n]:.1f} "
            f"| {rows['peak_gb'][way][n]:.1f} GB | {rows['run_s'][way][n] / rows['run_s']['copy'][n]:.2f} x "
            f"| {rows['cpu_s'][way][n] / rows['cpu_s']['copy'][n]:.2f} x |"
            for n in rows.index
            for way in WAYS
        ),
        "",
        "| target | measured | at most | |",
        "|---|---:|---:|---|",
        *(
            f"| {what} | {value:.2f} | {most} | {'met' if value <= most else '**missed**'} |"
            for what, value, most in told
        ),
        "",
    ]


def _steps(steps: dict) -> list[str]:
    """Where the time of the last `make run` went."""
    if not steps:
        return []
    total = sum(steps["steps"].values())
    parts = {name: s for name, s in steps["steps"].items() if s >= 0.1} | {
        f"task {name}": s for name, s in steps["tasks"].items()
    }
    return [
        "## Where the time of `make run` goes",
        "",
        f"{total:.0f} s in all; in {steps['no_task_running']:.0f} s of them no task was running. Tasks overlap.",
        "",
        "| step | seconds | share |",
        "|---|---:|---:|",
        *(f"| {name} | {s:.1f} | {s / total:.0%} |" for name, s in parts.items()),
        "",
    ]


def _plot(rows: pd.DataFrame, path: Path) -> None:
    plt.rcParams["svg.hashsalt"] = "fieldstone"  # the same figures give the same file
    sizes = sorted(rows["households"].unique())
    figure, axes = plt.subplots(1, len(sizes), figsize=(4.6 * len(sizes), 2.6), squeeze=False)
    for axis, households in zip(axes[0], sizes, strict=True):
        part = rows[rows["households"] == households].sort_values("run_s", ascending=False)
        bars = axis.barh([NAMES[e] for e in part["engine"]], part["run_s"], color=[COLOURS[e] for e in part["engine"]])
        axis.bar_label(bars, [f"{s:.1f} s" for s in part["run_s"]], padding=3)
        axis.set_title(f"{households:,} households", loc="left", fontsize=10)
        axis.set_xlim(0, part["run_s"].max() * 1.2)
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.set_xticks([])
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
