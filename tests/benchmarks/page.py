"""The benchmark page in both languages: tables and a plot from what was measured."""

from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
import pandas as pd

from tests.benchmarks import learned
from tests.benchmarks.words import ENGINES, STEPS, WAYS, say, targets

OURS, PEER = "sail", "duckdb"
COLOURS = {"sail": "#2d6a4f", "duckdb": "#8d9db0", "polars": "#b9c3cf", "spark": "#b5523b"}
TARGET_RATIO, TARGET_GB, TARGET_GROWTH = 1.25, 8, 12
TARGET_DOOR_RATIO, TARGET_DOOR_GROWTH = 2, 1.25
TARGET_RECOURSE_MS = 50
PAGES = {"en": "benchmarks.md", "zh": "benchmarks.zh.md"}


def write(
    folder: Path,
    measured: list[dict],
    taken_in: list[dict],
    models: list[dict],
    recourse: dict[str, float],
    machine: dict[str, object],
    steps: dict,
    months: int,
) -> None:
    """Write `benchmarks.md`, its Chinese `benchmarks.zh.md` and `benchmarks.svg`.

    Args:
        folder: where to.
        measured: engine, households, start_s, run_s, peak_gb of each run.
        taken_in: the same and cpu_s of bookings from a database, their number as `households`.
        models: the same of loans that a model learnt from or explained, their number as `households`.
        recourse: what `recourse.measured` gives.
        machine: what it ran on: date, cores, memory (GiB), software.
        steps: `steps`, `tasks` and `no_task_running` in seconds of the last `make run`, or nothing.
        months: of bookings per household, one booking each.
    """
    rows = pd.DataFrame(measured)
    folder.mkdir(exist_ok=True)
    _plot(rows, folder / "benchmarks.svg")
    for language, name in PAGES.items():
        lines = [
            say(language, "title"),
            "",
            say(language, "machine", **machine),
            "",
            *_features(language, rows, months),
            *_bookings(language, taken_in),
            *learned.lines(language, models),
            *_recourse(language, recourse),
            *_steps(language, steps),
        ]
        (folder / name).write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _features(language: str, rows: pd.DataFrame, months: int) -> list[str]:
    """Features by engine and size, and their targets."""
    seconds = rows.pivot(index="engine", columns="households", values="run_s")
    return [
        say(language, "features"),
        "",
        say(language, "about_features", months=months),
        "",
        say(language, "features_head"),
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {ENGINES[r.engine][language]} | {r.households:,} | {r.households * months:,} | {r.run_s:.1f} "
            f"| {r.peak_gb:.1f} GB | {say(language, 'ratio', ratio=r.run_s / seconds.loc[PEER, r.households])} |"
            for r in rows.itertuples()
        ),
        "",
        say(language, "plot"),
        "",
        *_verdicts(language, rows, seconds),
    ]


def _verdicts(language: str, rows: pd.DataFrame, seconds: pd.DataFrame) -> list[str]:
    """Each target of features with what was measured."""
    largest, smallest = seconds.columns.max(), seconds.columns.min()
    ratio = seconds.loc[OURS, largest] / seconds.loc[PEER, largest]
    memory = rows.loc[rows["engine"] == OURS, "peak_gb"].max()
    growth = seconds.loc[OURS, largest] / seconds.loc[OURS, smallest]
    verdicts = [
        (say(language, "time_target", households=largest), f"{ratio:.2f}", ratio <= TARGET_RATIO, TARGET_RATIO),
        (say(language, "memory_target"), f"{memory:.1f}", memory <= TARGET_GB, TARGET_GB),
    ]
    if largest == 10 * smallest:
        what = say(language, "growth_target", households=smallest)
        verdicts.append((what, f"{growth:.1f}", growth <= TARGET_GROWTH, TARGET_GROWTH))
    return targets(language, verdicts)


def _bookings(language: str, taken_in: list[dict]) -> list[str]:
    """Bookings from a database, and their targets."""
    if not taken_in:
        return []
    rows = pd.DataFrame(taken_in).pivot(index="households", columns="engine", values=["run_s", "cpu_s", "peak_gb"])
    return [
        say(language, "bookings"),
        "",
        say(language, "about_bookings"),
        "",
        say(language, "bookings_head"),
        "|---|---:|---:|---:|---:|---:|---:|",
        *(_door_row(language, rows, bookings, way) for bookings in rows.index for way in WAYS),
        "",
        *_door_verdicts(language, rows),
    ]


def _door_row(language: str, rows: pd.DataFrame, bookings: int, way: str) -> str:
    """What one way took for a number of bookings."""
    taken, first = (rows.xs(each, axis="columns", level="engine").loc[bookings] for each in (way, "copy"))
    ratios = [say(language, "ratio", ratio=taken[of] / first[of]) for of in ("run_s", "cpu_s")]
    figures = [f"{bookings:,}", f"{taken['run_s']:.1f}", f"{taken['cpu_s']:.1f}", f"{taken['peak_gb']:.1f} GB"]
    return f"| {' | '.join([WAYS[way][language], *figures, *ratios])} |"


def _door_verdicts(language: str, rows: pd.DataFrame) -> list[str]:
    """Each target of bookings with what was measured."""
    seconds, peak = rows["run_s"], rows["peak_gb"]["door"]
    largest, fewest = rows.index.max(), rows.index.min()
    verdicts = []
    for way in ("tls", "copy"):
        ratio = (seconds["door"] / seconds[way])[largest]
        what = say(language, "door_time_target", rows=largest, way=WAYS[way][language])
        verdicts.append((what, f"{ratio:.2f}", ratio <= TARGET_DOOR_RATIO, TARGET_DOOR_RATIO))
    if len(rows) > 1:
        growth = peak[largest] / peak[fewest]
        what = say(language, "door_memory_target", rows=largest, fewest=fewest)
        verdicts.append((what, f"{growth:.2f}", growth <= TARGET_DOOR_GROWTH, TARGET_DOOR_GROWTH))
    return targets(language, verdicts)


def _recourse(language: str, figures: dict[str, float]) -> list[str]:
    """What it takes to find what a declined applicant could ask for, and its targets."""
    slowest = figures["p99_ms"]
    verdicts = [
        (say(language, "p99_target"), f"{slowest:.1f}", slowest <= TARGET_RECOURSE_MS, TARGET_RECOURSE_MS),
        *(
            (say(language, f"{name}_target"), f"{figures[name]:,}", not figures[name], 0)
            for name in ("forbidden", "refused")
        ),
    ]
    about = say(language, "about_recourse", **figures)
    return [say(language, "recourse"), "", about, "", *targets(language, verdicts)]


def _steps(language: str, steps: dict) -> list[str]:
    """Where the time of the last `make run` went."""
    if not steps:
        return []
    total = sum(steps["steps"].values())
    named = {STEPS[name][language]: s for name, s in steps["steps"].items()}
    named |= {say(language, "task", name=name): s for name, s in steps["tasks"].items()}
    parts = {name: s for name, s in named.items() if s >= 0.1}  # skipped tasks take nothing
    return [
        say(language, "steps"),
        "",
        say(language, "about_steps", total=total, idle=steps["no_task_running"]),
        "",
        say(language, "steps_head"),
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
        bars = axis.barh(
            [ENGINES[e]["en"] for e in part["engine"]], part["run_s"], color=[COLOURS[e] for e in part["engine"]]
        )
        axis.bar_label(bars, [f"{s:.1f} s" for s in part["run_s"]], padding=3)
        axis.set_title(f"{households:,} households", loc="left", fontsize=10)
        axis.set_xlim(0, part["run_s"].max() * 1.2)
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.set_xticks([])
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
