"""Loads the Python files in a workspace's `features/` folder, each workspace's as a package of its own.

The files of one workspace import each other by relative imports (`from .outcome import became`); those of another are
never meant, whatever they are called. Folders below `features/` are no declarations and aren't looked into.
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
    """The feature files of a workspace, in order of their names; `__init__.py` declares nothing."""
    return sorted(path for path in (root / FOLDER).glob("*.py") if path.stem != "__init__")


def load(path: Path) -> ModuleType:
    """Load one feature file, once; a file that failed is tried again when it is asked for again.

    Raises:
        ContractError: its name can't be imported or is a folder's as well, or running it fails.
    """
    if not path.stem.isidentifier():
        raise ContractError(f"{path} can't be loaded: name it by letters, digits and _ alone, such as banking.py")
    name = f"{_package(path.parent)}.{path.stem}"
    if (path.with_suffix("") / "__init__.py").exists():
        raise ContractError(f"{path} is hidden by the folder {path.with_suffix('').name}/ beside it; rename the file")
    if name in sys.modules:
        return sys.modules[name]
    importlib.invalidate_caches()  # the file may be younger than what was last known of its folder
    try:
        return importlib.import_module(name)
    except FieldstoneError:
        raise
    except Exception as error:
        raise ContractError(f"{path} can't be loaded: {type(error).__name__}: {error}") from error


def _package(folder: Path) -> str:
    """Name of the package that the files in a folder are modules of; it's made at the first use."""
    name = f"workspace_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}_{folder.name}"
    if name not in sys.modules:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[name] = importlib.util.module_from_spec(spec)
    return name
