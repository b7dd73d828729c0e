"""Loads the Python files in a workspace's `features/` folder, as one package per workspace.

The files of a workspace import each other by relative imports (`from .outcome import became`), never files of another
workspace with the same name. Folders below `features/` have no declarations and aren't read.
"""

import hashlib
import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from conf.schema.errors import ContractError, FieldstoneError

FOLDER = "features"


def paths(root: Path) -> list[Path]:
    """The feature files of a workspace, sorted by name; without `__init__.py`, which declares nothing."""
    return sorted(path for path in (root / FOLDER).glob("*.py") if path.stem != "__init__")


def load(path: Path) -> ModuleType:
    """Load a feature file once; a file that failed is loaded again at the next call.

    Raises:
        ContractError: its name can't be imported or is also a folder's name, or running it fails.
    """
    if not path.stem.isidentifier():
        raise ContractError(f"{path} can't be loaded: its name may only have letters, digits and _, such as banking.py")
    name = f"{_package(path.parent)}.{path.stem}"
    if (path.with_suffix("") / "__init__.py").exists():
        raise ContractError(
            f"{path} can't be imported because of the folder {path.with_suffix('').name}/ beside it; rename the file"
        )
    if name in sys.modules:
        return sys.modules[name]
    importlib.invalidate_caches()  # the file may be newer than Python's cached listing of its folder
    try:
        return importlib.import_module(name)
    except FieldstoneError:
        raise
    except Exception as error:
        raise ContractError(f"{path} can't be loaded: {type(error).__name__}: {error}") from error


def _package(folder: Path) -> str:
    """Name of the package of the files in a folder; the package is created at the first use."""
    name = f"workspace_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}_{folder.name}"
    if name not in sys.modules:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[name] = importlib.util.module_from_spec(spec)
    return name
