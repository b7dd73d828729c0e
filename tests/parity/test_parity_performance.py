"""Both engines tell the same labels, days past due and roll rates of the same loans."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from conf.schema.workspace import ROOT


def figures(engine: str) -> dict[str, list[str]]:
    command = [sys.executable, "-m", "tests.parity.performance", engine]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.spark
def test_engines_agree_on_what_became_of_loans():
    if not (shutil.which("java") or os.environ.get("FIELDSTONE_REQUIRE_SPARK")):
        pytest.skip("Apache Spark needs Java 17 or newer, and there is none")
    sail, spark = figures("sail"), figures("spark")
    for name, rows in sail.items():
        assert len(rows) > 5, f"{name} tells nothing to compare"
        assert rows == spark[name], name
    assert {"bad", "good", "indeterminate", "immature"} <= {row.split("'")[3] for row in sail["ever"]}
    assert sail["ever"] != sail["at the end"]
