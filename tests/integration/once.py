"""Folders that take long to make: once in a run, by the worker that asks first; whoever changes one copies it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

WORKERS = "popen-"  # what the temp folder of each worker of pytest-xdist begins with, within that of the run


def made_once(folders: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of a name that `make` has filled in this run; other workers wait for it.

    One that `make` failed to fill is begun anew by whoever asks next.
    """
    own = folders.getbasetemp()
    run = own.parent if own.name.startswith(WORKERS) else own
    folder, made = run / name, run / f"{name}.made"
    with FileLock(run / f"{name}.lock"):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            made.touch()
    return folder
