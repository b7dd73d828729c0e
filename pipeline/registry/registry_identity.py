"""Checks that the model registry belongs to this state folder, and is neither older nor newer than its lake.

`client` is the one of `pipeline.registry.tracking`, the only module that calls MLflow.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from conf.schema.errors import IntegrityError
from conf.schema.settings import Settings
from lake import state
from lake.state import State

_IDENTITY, _GENERATION = "fieldstone.identity", "fieldstone.generation"
_DEFAULT = "0"  # the experiment that every store has; it carries the tags
_REMEDY = (
    "put back the one that belongs to the other, or restore both from one backup into an empty folder (fieldstone "
    "restore FOLDER); if you know why they differ, accept it: fieldstone state accept --who NAME --why TEXT"
)


def require(client: Any, home: Path) -> None:
    """Compare the registry with the state folder, and record in both that it was used at this generation.

    Raises:
        Conflict, IntegrityError: they don't belong together, or one of them is an older copy.
    """
    with state.changing(home):
        known = state.read(home)
        if known is None:  # nothing is recorded before a first job has ended
            return
        if why := _mismatch(client, known):
            raise IntegrityError(f"the model registry and the lake don't belong together: {why}; {_REMEDY}")
        if known.registry < known.generation:
            _tag(client, home, known)


def is_there(settings: Settings) -> bool:
    """Whether there is a registry; opening a missing one would create it."""
    return bool(settings.mlflow_uri) or (settings.home / "mlflow" / "mlflow.db").exists()


def mismatch(client: Any, home: Path) -> str | None:
    """Why the registry doesn't belong to this state folder; None if it does."""
    known = state.read(home)
    return known and _mismatch(client, known)


def adopt(client: Any, home: Path) -> None:
    """Record that the registry belongs to this state folder from now on."""
    with state.changing(home):
        known, tags = state.known(home), client.get_experiment(_DEFAULT).tags
        later = max(known.generation, int(tags.get(_GENERATION, 0))) + 1
        _tag(client, home, replace(known, generation=later))


def _mismatch(client: Any, known: State) -> str | None:
    tags = client.get_experiment(_DEFAULT).tags
    identity, generation = tags.get(_IDENTITY, known.identity), int(tags.get(_GENERATION, 0))
    if identity != known.identity:
        return f"the registry is of another state ({identity[:8]}, and the lake is of {known.identity[:8]})"
    if generation > known.generation:
        return f"the lake is older (generation {known.generation}; the registry was used at {generation})"
    if generation < known.registry:
        return f"the registry is older (last used at generation {generation}; the lake knows of {known.registry})"
    return None


def _tag(client: Any, home: Path, known: State) -> None:
    client.set_experiment_tag(_DEFAULT, _IDENTITY, known.identity)
    generation = known.generation
    client.set_experiment_tag(_DEFAULT, _GENERATION, str(generation))
    state.write(home, replace(known, registry=generation))
