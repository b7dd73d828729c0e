"""Both engines carry out the same changes of a contract."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from conf.schema.workspace import ROOT


@pytest.fixture(params=["sail", pytest.param("spark", marks=pytest.mark.spark)])
def tables(request, tmp_path) -> dict:
    if request.param == "spark" and not (shutil.which("java") or os.environ.get("FIELDSTONE_REQUIRE_SPARK")):
        pytest.skip("Apache Spark needs Java 17 or newer, and there is none")
    command = [sys.executable, "-m", "tests.parity.renaming", request.param, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_an_engine_renames_and_widens_what_is_held(tables):
    assert [(row["code"], row["note"], row["n"]) for row in tables["silver"]] == [
        ("A1", "one", "1"),
        ("A2", "two", "2"),
        ("A4", "four", "3000000000"),
    ]
    assert [row["note"] for row in tables["bronze"]] == ["one", "two", "three", "four"]
    assert all("remark" not in row for rows in tables.values() for row in rows)
    assert {row["event_time"] for row in tables["silver"]} == {f"2025-01-0{day} 00:00:00+00:00" for day in (1, 2, 4)}
