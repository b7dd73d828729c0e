"""One engine in one process: prints how long it took to start and to run.

python -m tests.benchmarks.measure sail FOLDER TARGET
"""

import importlib
import json
import sys
import time
from pathlib import Path

ENGINES = {
    "sail": ("by_fieldstone", "on_sail"),
    "duckdb": ("by_duckdb", "start"),
    "polars": ("by_polars", "start"),
    "spark": ("by_fieldstone", "on_spark"),
}


def measure(engine: str, folder: Path, target: Path) -> dict[str, float]:
    """Seconds from nothing to a ready engine, and from files to a written result."""
    module, name = ENGINES[engine]
    begun = time.perf_counter()
    run = getattr(importlib.import_module(f"tests.benchmarks.{module}"), name)()
    ready = time.perf_counter()
    run(folder, target)
    return {"start_s": ready - begun, "run_s": time.perf_counter() - ready}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
