"""The registry on a real MLflow store."""

import subprocess
import sys

from conf.workspace import ROOT

CONNECT = """
import sys
from pathlib import Path
from conf.settings import Settings
from jobs import tracking
client = tracking.connect(Settings(home=Path(sys.argv[1])))
print(tracking.by_alias(client, "admission", tracking.CHAMPION))
"""


def test_jobs_that_meet_an_empty_store_at_once_all_get_one(tmp_path):
    command = [sys.executable, "-c", CONNECT, str(tmp_path)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(process.communicate()[0], process.returncode) for process in running] == [("None\n", 0)] * 3
