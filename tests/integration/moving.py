"""A state folder copied with what lies beside it: its keys and the anchor of its trail."""

import shutil
from pathlib import Path

BESIDE = ("", "-keys", "-anchor")


def copied(home: Path, target: Path) -> Path:
    """Copy a state to another place; returns that."""
    for part in BESIDE:
        source = home.with_name(home.name + part)
        if source.exists():
            shutil.copytree(source, target.with_name(target.name + part))
    return target


def moved(home: Path, target: Path) -> Path:
    """Move a state to another place; returns that."""
    for part in BESIDE:
        source = home.with_name(home.name + part)
        if source.exists():
            source.rename(target.with_name(target.name + part))
    return target
