"""Kinds of model that a spec may name: those built in, and each file of the workspace's `kinds/` folder.

A file `kinds/NAME.py` is the kind NAME, and has the members of `models.kind.ModelKind`. It stands alone: its
fingerprint covers that file only, and a copy beside the predictor in the registry lets MLflow serve it.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import models
from conf.schema.errors import ContractError
from conf.schema.hashing import file_sha256
from conf.schema.model import ModelSpec
from conf.schema.workspace import Workspace
from models.kind import ModelKind, PdKind
from models.predictor import DECIDING, OUTPUTS, CapacityPredictor, PdPredictor, Predictor
from pipeline.features import feature_files

FOLDER = "kinds"
_PREDICTORS: dict[str, type] = {"pd": PdPredictor, "capacity_year": CapacityPredictor}


def own_file(workspace: Workspace, kind: str) -> Path | None:
    """The workspace's file of a kind; None for a built-in kind.

    Raises:
        ContractError: there is no such kind, or the file has the name of a built-in kind.
    """
    path = workspace.root / FOLDER / f"{kind}.py"
    if kind not in models.KINDS:
        if not path.exists():
            names = sorted([*models.KINDS, *(each.stem for each in path.parent.glob("*.py"))])
            raise ContractError(
                f"there is no kind of model {kind!r}: `kind` of a spec is one of {', '.join(names)}, or add "
                f"{FOLDER}/{kind}.py"
            )
        return path
    if path.exists():
        raise ContractError(f"{FOLDER}/{kind}.py has the name of a kind that is built in; rename the file")
    return None


def of(workspace: Workspace, kind: str) -> ModelKind:
    """A kind of model, loaded.

    Raises:
        ContractError: there is no such kind, its file can't be loaded or imports another file of the workspace, or it
            lacks a member, which the error names.
    """
    path = own_file(workspace, kind)
    if path is None:
        return models.of_kind(kind)
    _require_alone(path)
    return require_whole(feature_files.load(path), f"{FOLDER}/{kind}.py")


def _require_alone(path: Path) -> None:
    if others := sorted({name for name in _imported(path) if name.partition(".")[0] in ("", FOLDER)}):
        raise ContractError(
            f"{FOLDER}/{path.name} imports {', '.join(others)}, and the file of a kind stands alone: its fingerprint "
            "is of this file only, and MLflow serves a copy of it. Move what it needs into the file, or into a library "
            "that is installed"
        )


def _imported(path: Path) -> Iterator[str]:
    """Names of the modules that a file imports, a relative one with its dots; none if it isn't Python."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # loading the file says what is wrong
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ("." * node.level + (node.module or each.name) for each in node.names)
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def decides(workspace: Workspace, kind: str) -> bool:
    """Whether policies decide by what a kind predicts, so that people are given reasons; raises what `of` raises."""
    return not {*DECIDING}.isdisjoint(of(workspace, kind).PREDICTOR.outputs)


def predictor(workspace: Workspace, text: str) -> Any:
    """The predictor from the JSON that a predictor's `to_json` wrote, of any kind; raises the same errors as `of`."""
    return of(workspace, json.loads(text)["kind"]).PREDICTOR.from_json(text)


def fingerprint(workspace: Workspace, spec: ModelSpec) -> str | None:
    """SHA-256 of the workspace's file of a model's kind; None for a built-in kind."""
    path = own_file(workspace, spec.kind)
    return file_sha256(path) if path else None


def require_whole(module: ModuleType, what: str) -> ModelKind:
    """Check that a module is a complete kind of model, and return it as one.

    Args:
        what: the file, for errors.

    Raises:
        ContractError: it lacks a member, or what it predicts isn't used by any part of the product.
    """
    predicted = tuple(getattr(getattr(module, "PREDICTOR", None), "outputs", ()))
    needed = PdKind if predicted == ("pd",) else ModelKind
    if absent := [name for name in _members(needed) if not callable(getattr(module, name, None))]:
        raise ContractError(f"{what} lacks {', '.join(absent)}, which a kind of model gives; see models/kind.py")
    if len(predicted) != 1 or predicted[0] not in OUTPUTS:
        raise ContractError(
            f"{what}: `outputs` of its PREDICTOR are {predicted}, but pages and tests exist only for one of "
            f"{', '.join(OUTPUTS)}"
        )
    kept = {*dir(module.PREDICTOR), *getattr(module.PREDICTOR, "__dataclass_fields__", {})}
    if absent := [name for name in _members(_PREDICTORS.get(predicted[0], Predictor)) if name not in kept]:
        raise ContractError(
            f"{what}: its PREDICTOR lacks {', '.join(absent)}, which others ask of it; see models/predictor.py"
        )
    return cast(ModelKind, module)


def _members(protocol: type) -> list[str]:
    """Names of a protocol's attributes and methods, sorted."""
    needed = {
        name
        for each in protocol.__mro__
        if getattr(each, "_is_protocol", False)
        for name in (*vars(each), *vars(each).get("__annotations__", {}))
    }
    return sorted(name for name in needed if not name.startswith("_"))
