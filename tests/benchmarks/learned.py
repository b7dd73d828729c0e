"""Training and explaining against the bare calls of XGBoost and SHAP, and their section of the benchmark page.

`python -m tests.benchmarks.learned --training 30000 --explaining 50000` tries it and writes nothing.
"""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from tests.benchmarks.learning import AT_ONCE, FEATURES, ROUNDS, generate
from tests.benchmarks.measured import Measured, measured_of
from tests.benchmarks.words import MODELS, say, targets

TRAINED = ("xgboost", "training", "training_on_two")
EXPLAINED = ("shap", "explained")
TARGET_TRAINING, TARGET_PROCESSORS, TARGET_EXPLAINED, TARGET_GROWTH = 1.3, 0.6, 1, 1.25


def declare(parser: argparse.ArgumentParser) -> None:
    """How many loans are learnt from and explained."""
    parser.add_argument("--training", type=int, default=100_000, metavar="LOANS")
    parser.add_argument("--explaining", type=int, nargs="*", default=[200_000, 1_000_000], metavar="LOANS")


def measure(folder: Path, training: int, explaining: list[int]) -> Iterator[Measured]:
    """Every way at each size, one after the other."""
    for rows, ways in [(training, TRAINED), *((rows, EXPLAINED) for rows in explaining)]:
        source = generate(folder, rows)
        for way in ways:
            measured = measured_of(way, source, rows)
            print(
                f"{rows:>9,} loans       {way:<15} {measured.run_s:6.1f} s  {measured.cpu_s:6.1f} s of processors  "
                f"{measured.peak_gb:4.1f} GB",
                flush=True,
            )
            yield measured


def lines(language: str, measured: list[dict]) -> list[str]:
    """The section of the page, in `en` or `zh`."""
    return [
        say(language, "models"),
        "",
        say(language, "about_models", features=FEATURES, rounds=ROUNDS, at_once=AT_ONCE),
        "",
        say(language, "models_head"),
        "|---|---:|---:|---:|---:|",
        *(_row(language, way) for way in measured),
        "",
        *targets(language, _verdicts(language, pd.DataFrame(measured).set_index(["engine", "households"]))),
    ]


def _row(language: str, way: dict) -> str:
    figures = [f"{way['households']:,}", f"{way['run_s']:.1f}", f"{way['cpu_s']:.1f}", f"{way['peak_gb']:.1f} GB"]
    return f"| {' | '.join([MODELS[way['engine']][language], *figures])} |"


def _verdicts(language: str, rows: pd.DataFrame) -> list[tuple[str, str, bool, float]]:
    """Each target with what was measured."""

    def verdict(what: str, measured: float, at_most: float, **sizes: int) -> tuple[str, str, bool, float]:
        return say(language, what, **sizes), f"{measured:.2f}", measured <= at_most, at_most

    cpu, seconds, peak = rows["cpu_s"], rows["run_s"], rows["peak_gb"]
    ((trained,), explained) = (sorted(rows.loc[way].index) for way in ("training", "explained"))
    least, most = explained[0], explained[-1]
    verdicts = [
        verdict("training_target", cpu["training", trained] / cpu["xgboost", trained], TARGET_TRAINING, rows=trained),
        verdict(
            "processors_target", seconds["training_on_two", trained] / seconds["training", trained], TARGET_PROCESSORS
        ),
        verdict("explained_target", cpu["explained", most] / cpu["shap", most], TARGET_EXPLAINED, rows=most),
    ]
    growth = peak["explained", most] / peak["explained", least]
    return [*verdicts, verdict("explained_memory_target", growth, TARGET_GROWTH, rows=most, fewest=least)]


def main() -> None:
    """Measure and print the section."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    declare(parser)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        measured = [asdict(way) for way in measure(Path(name), options.training, options.explaining)]
    print("\n".join(lines("en", measured)))


if __name__ == "__main__":
    main()
