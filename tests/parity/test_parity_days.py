"""Both engines and Python read moments, and tell days, by the same rules."""

import csv
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from conf.schema.clock import local, zoned
from conf.schema.workspace import ROOT
from tests.parity.days import VECTORS, ZONES, moments


@pytest.fixture(scope="module", params=["sail", pytest.param("spark", marks=pytest.mark.spark)])
def readings(request) -> dict:
    if request.param == "spark" and not (shutil.which("java") or os.environ.get("FIELDSTONE_REQUIRE_SPARK")):
        pytest.skip("Apache Spark needs Java 17 or newer, and there is none")
    command = [sys.executable, "-m", "tests.parity.days", request.param]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize("zone", ZONES)
def test_an_engine_shows_and_reads_moments_as_python_does(readings, zone):
    expected = {
        text(m): [text(local(m.replace(tzinfo=UTC), zone)), text(zoned(m, zone)), text(zoned(m, zone))]
        for m in moments()
    }
    assert readings["zones"][zone] == expected


def test_an_engine_reads_texts_as_the_table_says(readings):
    with VECTORS.open(encoding="utf-8", newline="") as file:
        rows = [[row["type"], row["parse"], row["text"], row["read_as"] or None] for row in csv.DictReader(file)]
    assert readings["vectors"] == sorted(rows, key=str)
