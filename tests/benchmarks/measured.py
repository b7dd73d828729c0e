"""What one engine takes for one size, in a process of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from conf.schema.workspace import ROOT
from tests.benchmarks.peak import Peak


@dataclass(frozen=True)
class Measured:
    """What one engine took for one size: seconds to start, to run and of processors, peak memory of it in GB."""

    engine: str
    households: int  # bookings, where they come from a database; loans, where a model learns
    start_s: float
    run_s: float
    cpu_s: float
    peak_gb: float


def measured_of(engine: str, source: Path, households: int) -> Measured:
    """Run an engine of `measure` on a folder of so many households.

    Raises:
        SystemExit: it failed; it has said why.
    """
    target = source / f"result_{engine}"
    command = [sys.executable, "-m", "tests.benchmarks.measure", engine, str(source), str(target)]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with started as process, Peak(process.pid) as peak:
        output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{engine} failed with {households:,}")
    return Measured(engine, households, **json.loads(output.splitlines()[-1]), peak_gb=peak.bytes / 1e9)
