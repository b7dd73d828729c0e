"""Both engines write the same tables: the pipeline on one small county, by the embedded engine and by Apache Spark."""

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from conf.schema.workspace import load
from tests.integration.small import copied, modest

FIELDSTONE = str(Path(sys.executable).with_name("fieldstone"))
pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def lakes(tmp_path_factory) -> dict[str, Path]:
    """The lake of each engine, after a run on the same files with the same keys, from landing zone to decisions."""
    if not shutil.which("java") and not os.environ.get("FIELDSTONE_REQUIRE_SPARK"):
        pytest.skip("Apache Spark needs Java 17 or newer, and there is none")
    folder = modest(copied(tmp_path_factory.mktemp("parity")))
    keys = {f"FIELDSTONE_{name}_KEY": secrets.token_hex(32) for name in ("MASTER", "PSEUDONYM", "TRAIL")}
    clock = {"FIELDSTONE_AS_OF": "2026-01-01T00:00:00Z", "FIELDSTONE_LANDING": str(folder / "county" / "landing")}
    allowed = {"FIELDSTONE_SANDBOX_APPROVAL": "true"}

    def fieldstone(engine: str, *command: str) -> None:
        environ = {**os.environ, **keys, **clock, **allowed, "FIELDSTONE_HOME": str(folder / engine)}
        done = subprocess.run(
            [FIELDSTONE, *command, "--engine", engine, "--workspace", str(folder)],
            env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    fieldstone("sail", "generate", "--households", "300", "--defects", "0.03")
    for engine in ("sail", "spark"):
        fieldstone(engine, "run")
    return {engine: folder / engine / "lake" for engine in ("sail", "spark")}


def _tables() -> list[str]:
    layers = ("bronze", "silver", "quarantine")
    named = [contract.named(layer) for contract in load().contracts.values() for layer in layers]
    features = [f"gold__{name}" for name in ("training_features", "application_features", "training_labels")]
    return [
        *named,
        *features,
        "gold__training_members",
        "gold__decisions",
        "vault__identities",
        "audit__batches",
        "audit__quality",
    ]


def content(folder: Path) -> pd.DataFrame:
    """Rows of a table in an order of their own, without ciphertext, which is random."""
    rows = DeltaTable(str(folder)).to_pandas()
    rows = rows[sorted(name for name in rows.columns if not name.endswith("_ciphertext"))]
    order = rows.select_dtypes(exclude="floating").astype(str)
    return rows.loc[order.sort_values(list(order.columns)).index].reset_index(drop=True)


@pytest.mark.parametrize("table", _tables())
def test_both_engines_write_the_same_table(lakes, table):
    """Doubles to 1e-9, all else to the letter."""
    embedded, spark = (content(lakes[engine] / table) for engine in ("sail", "spark"))
    pd.testing.assert_frame_equal(embedded, spark, rtol=1e-9, atol=0)
    exact, other = (rows.select_dtypes(exclude="floating").astype(str) for rows in (embedded, spark))
    pd.testing.assert_frame_equal(exact, other)


def test_the_county_has_rows_of_every_kind(lakes):
    assert len(content(lakes["spark"] / "quarantine_bank__transaction")) > 50
    assert len(content(lakes["spark"] / "gold__training_features")) > 50
    assert len(content(lakes["spark"] / "gold__decisions")) > 0


def test_both_engines_agree_on_statistics_kept_out_of_the_log(lakes):
    for engine, lake in lakes.items():
        for table in ("bronze_bank__transaction", "silver_bank__transaction"):
            actions = pa.table(DeltaTable(str(lake / table)).get_add_actions(flatten=True))
            assert actions.num_rows > 0
            assert not [name for name in actions.column_names if name.startswith(("min.", "max."))], (engine, table)
