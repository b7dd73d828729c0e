"""A workspace of a test's own, as the project's but for models that learn from little."""

import shutil
import sys
from pathlib import Path

from conf.schema.workspace import ROOT


def copied(folder: Path, *without: str) -> Path:
    """Copy the project's declarations to a folder, without files of some names; returns it."""
    left_out = shutil.ignore_patterns("__pycache__", *without)
    for part in ("conf", "features"):
        shutil.copytree(ROOT / part, folder / part, ignore=left_out)
    return folder


def modest(folder: Path) -> Path:
    """Let a copy's models learn from a few hundred households, quickly and without gates; returns it."""
    for spec in (folder / "conf/models").glob("*.yaml"):
        text = spec.read_text(encoding="utf-8").replace("folds: 5", "folds: 2").replace("rounds: 400", "rounds: 20")
        spec.write_text(text.partition("gates:")[0] + text[text.index("impact_assessment:") :], encoding="utf-8")
    return folder


def forget(folder: Path) -> None:
    """Let the feature files below a folder be read anew, as the next command would."""
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(f"{folder}/"):
            del sys.modules[name]
