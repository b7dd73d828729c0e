"""What another user of the machine can do to state, keys and anchor, tried as one: nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from jobs.cli import main
from tests.conftest import AS_OF

TRIED = """
import os, pwd, sys
nobody = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
done = []
for top in sys.argv[1:]:
    for folder, folders, files in os.walk(top, onerror=lambda error: None):
        for path in [top, *(os.path.join(folder, name) for name in files + folders)]:
            for how in ("r", "a"):
                try:
                    open(path, how).close()
                    done.append(f"{how} {path}")
                except OSError:
                    pass
    plant, move = lambda: open(top + "/planted", "w").close(), lambda: os.rename(top, top + ".gone")
    for act in (plant, move, lambda: os.listdir(top)):
        try:
            act()
            done.append(f"changed or listed {top}")
        except OSError:
            pass
print("\\n".join(done))
"""


@pytest.fixture
def place():
    """A folder that everybody may enter, unlike those of the tests."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may act as another user")
def test_nobody_reads_or_changes_state_keys_or_anchor(place, monkeypatch, spark):
    for name, value in (("HOME", place / "state"), ("LANDING", place / "landing"), ("AS_OF", AS_OF.isoformat())):
        monkeypatch.setenv(f"FIELDSTONE_{name}", str(value))
    mask = os.umask(0)
    try:
        command = "partner suspend farm --approver Olga --approver Rita --why late"
        assert [main(command.split()), main(["audit", "verify"])] == [0, 0]
    finally:
        os.umask(mask)
    tops = [str(place / name) for name in ("state", "state-keys", "state-anchor")]
    assert all(map(os.path.isdir, tops))
    tried = subprocess.run([sys.executable, "-c", TRIED, *tops], cwd="/", capture_output=True, text=True, check=False)
    assert (tried.returncode, tried.stdout.strip(), tried.stderr) == (0, "", "")
