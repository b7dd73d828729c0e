"""The chain of verbs over the sandbox county, each in a process of its own; 1 where one takes more memory than it may.

python -m tests.benchmarks.chain [HOUSEHOLDS …]
"""

import os
import subprocess
import sys
import time
from datetime import datetime
from json import loads
from pathlib import Path
from tempfile import TemporaryDirectory

from conf.workspace import ROOT, load

MAX_GB = 8.0  # a process, at 50,000 households: 22 million rows
SIZES = (2_000, 15_000, 50_000)


def main(sizes: list[int]) -> int:
    """Run the chain at each size; prints the seconds and the peak memory of each verb."""
    peaks = [peak for households in sizes for peak in chain(households)]
    return int(max(peaks) > MAX_GB)


def chain(households: int) -> list[float]:
    """Peak memory of each verb in GB."""
    with TemporaryDirectory() as name:
        landing = Path(name) / "county" / "landing"
        environ = {**os.environ, "FIELDSTONE_HOME": f"{name}/state", "FIELDSTONE_LANDING": str(landing)}
        environ["FIELDSTONE_SANDBOX_APPROVAL"] = "true"
        run(["generate", f"--households={households}"], environ)
        as_of = loads(landing.with_name("county.json").read_text(encoding="utf-8"))["as_of"]
        environ["FIELDSTONE_AS_OF"] = datetime.fromisoformat(as_of).isoformat()
        return [run(verb, environ, households) for verb in verbs()]


def verbs() -> list[list[str]]:
    """All of them, in order; gating sources first."""
    place = load()
    sources = sorted(place.sources.values(), key=lambda source: not source.gates)
    taken_in = [[verb, source.name] for source in sources for verb in ("ingest", "refine")]
    trained = [["train", model] for model in place.models]
    approved = [["approve", model, "--approver", "sandbox-reviewer", "--sandbox"] for model in place.models]
    return [*taken_in, ["build-features"], *trained, *approved, ["decide"]]


def run(verb: list[str], environ: dict[str, str], households: int | None = None) -> float:
    """One verb to its end; its peak memory in GB.

    Raises:
        SystemExit: it failed; it has said why.
    """
    begun = time.perf_counter()
    command = [sys.executable, "-m", "jobs.cli", *verb]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(verb)} failed")
    peak_gb = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9
    took = time.perf_counter() - begun
    if households:
        print(f"{households:>7,} households  {' '.join(verb[:2]):<22} {took:7.1f} s  {peak_gb:5.1f} GB", flush=True)
    return peak_gb


if __name__ == "__main__":
    sys.exit(main([*map(int, sys.argv[1:])] or [*SIZES]))
