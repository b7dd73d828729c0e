"""One engine in one process: prints how long it took to start and to run, and the processor's share of that.

python -m tests.benchmarks.measure sail FOLDER TARGET
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path

ENGINES = {
    "sail": ("by_fieldstone", "on_sail"),
    "duckdb": ("by_duckdb", "start"),
    "polars": ("by_polars", "start"),
    "spark": ("by_fieldstone", "on_spark"),
}
# into bronze from a database, and the least that this takes
DOORS = {
    "copy": ("by_door", "by_copy"),
    "tls": ("by_door", "by_copy_over_tls"),
    "door": ("by_door", "by_fieldstone"),
}
# a model trained without search and the explanation of many rows, against the bare calls that these take
MODELS = {
    "xgboost": ("learning", "by_xgboost"),
    "training": ("learning", "by_fieldstone"),
    "training_on_two": ("learning", "by_fieldstone_on_two"),
    "shap": ("learning", "explained_by_shap"),
    "explained": ("learning", "explained_by_fieldstone"),
}
ON_ONE = ("xgboost", "training")  # processor, for all threads that libraries start


def measure(engine: str, folder: Path, target: Path) -> dict[str, float]:
    """Seconds from nothing to a ready engine, from files to a written result, and of processors for the latter."""
    module, name = (ENGINES | DOORS | MODELS)[engine]
    if engine in ON_ONE and hasattr(os, "sched_setaffinity"):  # which Linux has
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    begun = time.perf_counter()
    run = getattr(importlib.import_module(f"tests.benchmarks.{module}"), name)()
    ready, used = time.perf_counter(), sum(os.times()[:4])
    run(folder, target)
    run_s, cpu_s = time.perf_counter() - ready, sum(os.times()[:4]) - used
    return {"start_s": ready - begun, "run_s": run_s, "cpu_s": cpu_s}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))), flush=True)
    os._exit(0)  # threads of native libraries may abort an orderly end
