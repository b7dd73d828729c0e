"""Finds what a workspace declares in Python: its features, spines and labels."""

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from conf.errors import FieldstoneError
from conf.workspace import ROOT, Workspace
from features.check import check
from features.spec import FeatureSet, collect


def feature_set(workspace: Workspace) -> FeatureSet:
    """All features that the files in the workspace's `features/` declare, checked against its contracts.

    Raises:
        FieldstoneError: a feature reads what its contract doesn't declare or what is known only afterwards.
    """
    declared = collect(_modules(workspace))
    check(declared, workspace.contracts)
    return declared


def spine(workspace: Workspace) -> ModuleType:
    """The workspace's `features/spine.py`: `training`, `scoring` and `labels`.

    Raises:
        FieldstoneError: there is none.
    """
    path = workspace.root / "features" / "spine.py"
    if not path.exists():
        raise FieldstoneError(f"{path} is missing; it says which rows features are built for, and their labels")
    return _module(workspace, path)


def fingerprint(workspace: Workspace) -> str:
    """SHA-256 over the text of contracts, consent texts and feature files: changes when a declaration does."""
    declared = ("features/*.py", "conf/contracts/*/*.yaml", "conf/consent_texts/*.yaml")
    files = sorted(path for pattern in declared for path in workspace.root.glob(pattern))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def contracts_sha256(workspace: Workspace) -> str:
    """SHA-256 over the contracts' text."""
    files = sorted(workspace.root.glob("conf/contracts/*/*.yaml"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def _modules(workspace: Workspace) -> list[ModuleType]:
    return [
        _module(workspace, path) for path in sorted(workspace.root.glob("features/*.py")) if path.stem != "__init__"
    ]


def _module(workspace: Workspace, path: Path) -> ModuleType:
    if workspace.root == ROOT:
        return importlib.import_module(f"features.{path.stem}")
    name = str(path.with_suffix(""))  # two workspaces may share a folder name
    if name not in sys.modules:
        loading = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = importlib.util.module_from_spec(loading)
        loading.loader.exec_module(sys.modules[name])
    return sys.modules[name]
