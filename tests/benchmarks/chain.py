"""`make bench-chain`: the chain of verbs over the sandbox county, each in a process of its own.

python -m tests.benchmarks.chain [HOUSEHOLDS …]; 50,000 unless told otherwise. It ends with 1 where a verb takes more
memory than `bound_gb` lets it.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from conf.schema.workspace import ROOT, load
from tests.benchmarks.peak import Peak

AT_REST_GB, MAX_GB = 1.5, 8.0  # of a verb that finds nothing to do, and of any at 50,000 households: 23 million rows
FULL = 50_000


def main(sizes: list[int]) -> int:
    """Run the chain at each size; prints the seconds and the peak memory of each verb."""
    excesses = [excesses for households in sizes for excesses in too_much(chain(households), households)]
    for line in excesses:
        print(line, file=sys.stderr)
    return int(bool(excesses))


def bound_gb(households: int) -> float:
    """What a verb may take: 8 GB for 50,000 households, and in proportion beyond what it takes for none."""
    return AT_REST_GB + (MAX_GB - AT_REST_GB) * households / FULL


def too_much(peaks: dict[str, float], households: int) -> list[str]:
    """Which verbs took more than they may, in words.

    Args:
        peaks: in GB, by verb.
    """
    bound = bound_gb(households)
    return [
        f"{verb} took {peak:.1f} GB for {households:,} households, and may take {bound:.1f} GB"
        for verb, peak in peaks.items()
        if peak > bound
    ]


def chain(households: int) -> dict[str, float]:
    """Peak memory of each verb in GB."""
    with TemporaryDirectory() as name:
        landing = Path(name) / "county" / "landing"
        environ = {**os.environ, "FIELDSTONE_HOME": f"{name}/state", "FIELDSTONE_LANDING": str(landing)}
        environ["FIELDSTONE_SANDBOX_APPROVAL"] = "true"
        peaks = {"generate": run(["generate", f"--households={households}", "--thin-files=0"], environ, households)}
        return peaks | {" ".join(verb[:2]): run(verb, environ, households) for verb in verbs()}


def verbs() -> list[list[str]]:
    """All of them, in order; gating sources first."""
    place = load()
    sources = sorted(place.sources.values(), key=lambda source: not source.gates)
    taken_in = [[verb, source.name] for source in sources for verb in ("ingest", "refine")]
    trained = [["train", model] for model in place.models]
    by = ["--approver", "sandbox-reviewer", "--why", "a benchmark", "--sandbox"]
    approved = [["policy", "approve", *by], *(["approve", model, "1", *by] for model in place.models)]
    return [*taken_in, ["build-features"], *trained, *approved, ["decide"], ["docs"]]


def run(verb: list[str], environ: dict[str, str], households: int) -> float:
    """One verb to its end; its peak memory in GB, with the processes that it starts.

    Raises:
        SystemExit: it failed; it has said why.
    """
    begun = time.perf_counter()
    command = [sys.executable, "-m", "jobs.cli", *verb]
    started = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    with started as process, Peak(process.pid) as peak:
        status = process.wait()
    if status:
        raise SystemExit(f"{' '.join(verb)} failed")
    took, peak_gb = time.perf_counter() - begun, peak.bytes / 1e9
    print(f"{households:>7,} households  {' '.join(verb[:2]):<22} {took:7.1f} s  {peak_gb:5.1f} GB", flush=True)
    return peak_gb


if __name__ == "__main__":
    sys.exit(main([*map(int, sys.argv[1:])] or [FULL]))
