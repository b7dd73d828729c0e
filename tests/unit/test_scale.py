"""What grows with the rows stays out of memory: nothing wide is sorted, and no join keeps the rows of a batch."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from contract_rows import bronze, sound_row
from pyspark.sql import functions as F

from conf.schema import workspace
from expectations.checks import FAILED_CHECKS, REASONS
from expectations.key_checks import orphans
from expectations.typed import Zones
from lake.batch import Part
from lake.cipher import Key
from pipeline.ingest import row_admission
from pipeline.ingest.files import delivered
from pipeline.ingest.files.delivered import Content, Delivered

CONTRACTS = workspace.load().contracts
PEAK = Path(__file__).with_name("peak_of_copies.py")


def kept(frame) -> str:
    """What the joins of a plan keep in memory: of each the first side, which the embedded engine builds a table of."""
    lines = [line for line in frame._explain_string().split("\n") if re.match(" *[A-Z][A-Za-z]+Exec", line)]
    depths = [len(line) - len(line.lstrip()) for line in lines]
    sides = []
    for at, line in enumerate(lines):
        if "HashJoinExec" in line or "NestedLoopJoinExec" in line or "CrossJoinExec" in line:
            first = depths[at + 1]
            end = next((n for n in range(at + 2, len(lines)) if depths[n] <= first), len(lines))
            sides += lines[at + 1 : end]
    return "\n".join(sides)


def stored(frame, folder):
    frame.write.parquet(str(folder))
    return frame.sparkSession.read.parquet(str(folder))


@pytest.fixture
def who(spark, tmp_path):
    """Whom the gate knows, of unknown number to a planner, as consents are."""
    consents = spark.createDataFrame(
        [("a", "G1", True)] * 2, "subject_key string, consent_id string, _is_shared boolean"
    )
    named = (
        stored(consents, tmp_path / "given")
        .withColumn("subject_key", F.explode(F.array("subject_key")))
        .groupBy("subject_key")
    )
    return named.agg(F.max("consent_id").alias("consent_id"), F.max("_is_shared").alias("_is_shared"))


@pytest.mark.parametrize("table", ["farm__planting", "bank__transaction", "housing__rural_house"])
def test_the_gate_keeps_no_rows_in_memory(spark, tmp_path, who, table):
    contract = CONTRACTS[table]
    names = [*contract.columns, "_source_ref", "_reject", "_raw"]
    rows = spark.createDataFrame([[None] * len(names)], ", ".join(f"{name} string" for name in names))
    rows = stored(rows, tmp_path / "wide")
    rows = rows.mapInArrow(lambda batches: batches, rows.schema)  # of unknown number, as those of files are
    restricted = who.select("subject_key")
    admitted = row_admission.admit(
        rows,
        contract,
        pseudonym_key=b"k",
        numbers_key=b"n",
        batch_key=Key.made("aes-256-gcm"),
        batch_id="b",
        permitted=who,
        restricted=restricted,
        today=date(2026, 1, 1),
        zones=Zones(),
    )
    known = stored(spark.createDataFrame([("h",)], "_row_hash string"), tmp_path / "known").distinct()
    plan = kept(row_admission.without_known(admitted, known))
    assert "given" in plan
    assert "wide" not in plan


@pytest.mark.parametrize("table", ["bank__instalment", "consent__withdrawal", "bank__loan"])
def test_what_rows_refer_to_is_kept_in_memory_and_not_the_rows(spark, tmp_path, table):
    contract = CONTRACTS[table]
    columns = {c.references.table: c.references.column for c in contract.stored.values() if c.references}
    referenced = {
        name: stored(spark.createDataFrame([("x", "y")], f"{column} string, subject_key string"), tmp_path / name)
        for name, column in columns.items()
    }
    rows = bronze(spark, contract, [sound_row(contract)])
    judged = rows.withColumns({name: F.array().cast("array<string>") for name in (REASONS, FAILED_CHECKS)})
    judged = stored(judged, tmp_path / "wide").distinct()
    plan = kept(orphans(judged, contract, referenced))
    assert all(name in plan for name in referenced)
    assert "wide" not in plan


@pytest.mark.nightly  # a busy machine keeps more of it
def test_to_look_for_copies_in_a_large_batch_takes_less_memory_than_it_has_bytes(tmp_path):
    done = subprocess.run([sys.executable, PEAK, tmp_path], capture_output=True, text=True, check=True)
    grown, bytes_of_rows, copied = map(int, done.stdout.split()[-3:])
    assert grown < bytes_of_rows
    assert copied == 1_000


def test_files_are_read_few_at_a_time(spark):
    contract = CONTRACTS["farm__planting"]
    part = Part("f", "0" * 64, 1)
    files = [Delivered(Path("f"), part, (Content(Path("f"), part),))] * 60
    plan = delivered.read(spark, files, None, contract)._explain_string()
    assert int(re.search(r"RoundRobinBatch\((\d+)\)", plan)[1]) <= 16
