"""What Airflow makes of the DAG files, in production and in the sandbox."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conf.schema.workspace import ROOT


def parse(home: Path, folder: Path = ROOT / "dags", **environ: str) -> dict:
    """What a fresh interpreter makes of a folder of DAG files."""
    settings = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("parse_dags.py")), str(folder)],
        env={**os.environ, **settings, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def production(tmp_path_factory) -> dict:
    return parse(tmp_path_factory.mktemp("airflow"), FIELDSTONE_SANDBOX="")


@pytest.fixture(scope="session")
def embedded(tmp_path_factory) -> dict:
    return parse(tmp_path_factory.mktemp("airflow"), FIELDSTONE_SANDBOX="1", FIELDSTONE_SANDBOX_APPROVAL="true")
