"""`fieldstone run` killed (SIGKILL) at every job boundary and in the middle of jobs ends as an undisturbed run does."""

import json
import os
import re
import secrets
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest
import watchfiles
from deltalake import DeltaTable

from tests.integration.small import copied, modest

pytestmark = pytest.mark.nightly  # `test_faults` kills jobs by day

ROOT = Path(__file__).parents[2]
FIELDSTONE = str(Path(sys.executable).with_name("fieldstone"))
VERBS = ("ingest", "refine", "build-features", "train", "docs", "approve", "decide")
# Folders in which a commit appears in the middle of a job, with the line at which that job is over.
WITHIN = {
    "lake/quarantine_farm__planting": "ingest farm__planting:",
    "lake/vault__identities": "ingest housing__rural_house:",
    "lake/quarantine_bank__loan": "refine bank__loan:",
    "lake/gold__training_features": "build-features:",
    "mlflow/artifacts/models": "train limit:",
    "lake/audit__trail": "approve admission:",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with a small county, and a workspace whose models learn from as little."""
    folder = tmp_path_factory.mktemp("interrupted")
    modest(copied(folder / "workspace"))
    subprocess.run(
        [FIELDSTONE, "generate", "--households", "300", "--thin-files", "0"], env=environ(folder, "none"), check=True
    )
    return folder


def environ(place: Path, home: str) -> dict[str, str]:
    """The environment of a run on a state folder of its own; all share the keys, so that their tables can be alike."""
    keys = place / "keys.json"
    if not keys.exists():
        keys.write_text(
            json.dumps({f"FIELDSTONE_{n}_KEY": secrets.token_hex(32) for n in ("MASTER", "PSEUDONYM", "TRAIL")})
        )
    return {
        **os.environ,
        **json.loads(keys.read_text()),
        "FIELDSTONE_HOME": str(place / home),
        "FIELDSTONE_LANDING": str(place / "county" / "landing"),
        "FIELDSTONE_AS_OF": "2026-01-01T00:00:00Z",
        "FIELDSTONE_SANDBOX_APPROVAL": "true",
    }


def start(place: Path, home: str, *command: str) -> subprocess.Popen:
    """Start a command on the small workspace."""
    arguments = [FIELDSTONE, *command, "--workspace", str(place / "workspace")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(arguments, env={**environ(place, home), "PYTHONUNBUFFERED": "1"}, **pipes)


def finish(place: Path, home: str, *command: str) -> str:
    """Run a command to its end; returns what it said."""
    with start(place, home, *command) as process:
        output, _ = process.communicate()
    assert process.returncode == 0, output
    return output


def kill_at_line(place: Path, home: str, prefix: str) -> None:
    """Run until a line begins with a prefix, then kill."""
    with start(place, home, "run") as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith(prefix):
                process.kill()
                return
    pytest.fail(f"no line began with {prefix}: {''.join(lines)}")


def kill_at_change(place: Path, home: str, folder: str) -> None:
    """Run until something is written below a folder, then kill."""
    (place / home).mkdir(exist_ok=True)
    with start(place, home, "run") as process:
        for changes in watchfiles.watch(place / home, step=5, rust_timeout=1000, yield_on_timeout=True):
            if any(f"/{folder}/" in path for _, path in changes):
                process.kill()
                return
            assert process.poll() is None, process.stdout.read()


@pytest.fixture(scope="module")
def undisturbed(place) -> list[str]:
    """Lines of a run that nothing disturbs."""
    return finish(place, "undisturbed", "run").splitlines()


@pytest.fixture(scope="module")
def boundaries(undisturbed) -> list[str]:
    """How the last line of each job begins, in order; a job is a verb and its source or model."""
    starts = [line.partition(":")[0] + ":" for line in undisturbed if line.split(" ")[0].strip(":") in VERBS]
    return [list(lines)[-1] for _, lines in groupby(starts, key=lambda line: line.partition("__")[0])]


@pytest.fixture(scope="module")
def disturbed(place, boundaries) -> str:
    """What the last run said, after one that was killed at each boundary and some within jobs."""
    for boundary in boundaries:
        for folder in [folder for folder, ending in WITHIN.items() if ending.split("__")[0] == boundary.split("__")[0]]:
            kill_at_change(place, "disturbed", folder)
        kill_at_line(place, "disturbed", boundary)
    return finish(place, "disturbed", "run")


def facts(place: Path, home: str) -> dict:
    """Content hashes of all tables and what else a summary tells, without what says when or how often it ran."""
    summary = json.loads(finish(place, home, "summary", "--json"))
    for table in [t for t in summary["hashes"] if t.startswith("audit__")]:
        del summary["hashes"][table], summary["rows"]["audit"][table]
    stored = DeltaTable(str(place / home / "lake/vault__pseudonym")).to_pyarrow_table(columns=["check_value"])
    summary["hashes"]["vault__pseudonym"] = stored.to_pylist()  # without since when
    return summary


def test_every_job_has_a_boundary(boundaries):
    assert len(boundaries) == 2 * 4 + 1 + 2 + 1 + 2 + 1
    assert all(any(end.split("__")[0] == b.split("__")[0] for b in boundaries) for end in WITHIN.values())


def test_a_run_killed_again_and_again_ends_in_the_same_tables(place, undisturbed, disturbed):
    assert facts(place, "disturbed") == facts(place, "undisturbed")
    # each decision has kept what it was made from, once
    match = re.fullmatch(r"replay: (\d+) of \1 decisions are the same\n", finish(place, "disturbed", "replay", "--all"))
    assert int(match[1]) > 0


def test_the_last_run_found_nothing_left_to_do(disturbed):
    work = [
        line for line in disturbed.splitlines() if line.startswith(("ingest", "refine", "build", "train", "decide"))
    ]
    assert [line for line in work if "nothing new" not in line] == []


def test_the_audit_trail_is_whole(place, disturbed):
    assert "entries, each linked to the one before" in finish(place, "disturbed", "audit", "verify")
