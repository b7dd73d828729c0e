"""The same command by the embedded engine and by Apache Spark, on the same files with the same keys."""

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from deltalake import DeltaTable

from conf.schema.workspace import ROOT
from tests.integration.small import copied, modest

ENGINES = ("sail", "spark")
LAYERS = ("bronze", "silver", "quarantine")  # of the tables of a contract
FIELDSTONE = str(Path(sys.executable).with_name("fieldstone"))


def lakes_of(folder: Path, *command: str, households: int) -> dict[str, Path]:
    """The lake of each engine, once a command has been run with it in a workspace of one small county."""
    if not shutil.which("java") and not os.environ.get("FIELDSTONE_REQUIRE_SPARK"):
        pytest.skip("Apache Spark needs Java 17 or newer, and there is none")
    modest(copied(folder))
    keys = {f"FIELDSTONE_{name}_KEY": secrets.token_hex(32) for name in ("MASTER", "PSEUDONYM", "TRAIL")}
    clock = {"FIELDSTONE_AS_OF": "2026-01-01T00:00:00Z", "FIELDSTONE_LANDING": str(folder / "county" / "landing")}
    allowed = {"FIELDSTONE_SANDBOX_APPROVAL": "true"}

    def run(engine: str, *words: str) -> None:
        place = {"FIELDSTONE_HOME": str(folder / engine), "FIELDSTONE_ENGINE": engine}
        done = subprocess.run(
            [*words, "--workspace", str(folder)],
            env={**os.environ, **keys, **clock, **allowed, **place},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("sail", FIELDSTONE, "generate", "--households", str(households), "--defects", "0.03", "--thin-files", "0")
    for engine in ENGINES:
        run(engine, *command)
    return {engine: folder / engine / "lake" for engine in ENGINES}


def content(folder: Path) -> pd.DataFrame:
    """Rows of a table in an order of their own, without ciphertext, which is random."""
    rows = DeltaTable(str(folder)).to_pandas()
    rows = rows[sorted(name for name in rows.columns if not name.endswith("_ciphertext"))]
    order = rows.select_dtypes(exclude="floating").astype(str)
    return rows.loc[order.sort_values(list(order.columns)).index].reset_index(drop=True)


def require_same(lakes: dict[str, Path], table: str) -> None:
    """Hold a table of both lakes together: doubles to 1e-9, all else to the letter."""
    embedded, spark = (content(lakes[engine] / table) for engine in ENGINES)
    pd.testing.assert_frame_equal(embedded, spark, rtol=1e-9, atol=0)
    exact, other = (rows.select_dtypes(exclude="floating").astype(str) for rows in (embedded, spark))
    pd.testing.assert_frame_equal(exact, other)
