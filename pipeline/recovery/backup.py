"""A consistent copy of the state, with a hash of each file.

Lake, registry, reports, open erasures and the head of the audit trail are copied while no job writes; SQLite by its own
online backup. Keys are copied only on request, because a copy with its keys is the same as plain data. Airflow's own
database isn't part of the state, and neither is the anchor of the trail, which is stored elsewhere. Later erasures are
recorded in the backup's folder (`lake.backups`).
"""

import json
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from conf.schema.errors import UsageError
from conf.schema.hashing import file_sha256
from lake import state
from lake.audit import TRAIL
from lake.backups import ERASED, MANIFEST
from pipeline.context import Context
from pipeline.erasure.erasure_steps import undisturbed
from pipeline.results.data_engineers import BackedUp

LOG = logging.getLogger(__name__)

_KEYS = "secrets"
_LEFT_OUT = {"airflow", "staging", "locks", "state.json", _KEYS}  # the manifest has state.json
_REGISTRY = Path("mlflow/mlflow.db")


def save(context: Context, folder: Path, keys: bool, operator: str) -> BackedUp:
    """Copy the state to a new or empty folder.

    Args:
        keys: whether to copy the keys of the state folder as well.
        operator: person who is responsible for the copy.

    Raises:
        FieldstoneError: the folder isn't empty or is inside the state folder, or data files are lost.
    """
    home, folder = context.workspace.settings.home, folder.expanduser().resolve()  # a link may lead into `home`
    if folder.is_relative_to(home.resolve()) or (folder.exists() and any(folder.iterdir())):
        raise UsageError(f"{folder} isn't a new or empty folder outside the state folder {home}; give another one")
    folder.mkdir(parents=True, exist_ok=True)
    with undisturbed(context):
        for table in context.lake.tables():
            state.opened(context.lake.path(table))
        context.trail.record(operator, "backup", keys=keys)
        known = state.read(home)
        state.note(home, backups=[*(known.backups if known else []), str(folder)])
        with context.lake.lock(TRAIL, wait_seconds=600):  # the trail's head must fit its entries
            files = {str(path): _copied(home / path, folder / path) for path in _chosen(home, keys)}
        for path in sorted(context.workspace.settings.key_folder.glob("*.key")) if keys else ():
            name = f"{_KEYS}/{path.name}"
            files[name] = _copied(path, folder / name)
        whole = {"taken_at": datetime.now(UTC).isoformat(), "state": asdict(state.known(home)), "files": files}
    (folder / ERASED).touch()
    # written last, so that an incomplete copy isn't a backup
    (folder / MANIFEST).write_text(json.dumps(whole, indent=1), encoding="utf-8")
    size = sum(file["bytes"] for file in files.values())
    with_keys = (
        "keys included: keep it as safe as the data itself" if keys else "without keys, which are kept elsewhere"
    )
    LOG.info(f"backup: {len(files):,} files, {size:,} bytes in {folder}, {with_keys}")
    if uri := context.workspace.settings.mlflow_uri:
        LOG.info(f"backup: the registry at {uri} isn't in the state folder; back it up by its own means, now")
    return BackedUp(str(folder), len(files), size, keys)


class Copied(TypedDict):
    """The manifest's entry on a file of a backup."""

    sha256: str
    bytes: int


def _chosen(home: Path, keys: bool) -> Iterator[Path]:
    """Paths to copy, relative to the state folder; of each table the log first, so that its files all exist then."""
    for part in sorted(path for path in home.iterdir() if path.name not in _LEFT_OUT or (keys and path.name == _KEYS)):
        files = [part] if part.is_file() else [path for path in part.rglob("*") if path.is_file()]
        for path in sorted(files, key=lambda path: ("_delta_log" not in path.parts, path)):
            if path.suffix not in (".lock", ".draft") and not path.name.startswith(f"{_REGISTRY.name}-"):
                yield path.relative_to(home)


def _copied(source: Path, target: Path) -> Copied:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.parts[-2:] == _REGISTRY.parts:
        with closing(sqlite3.connect(source)) as from_database, closing(sqlite3.connect(target)) as to_database:
            from_database.backup(to_database)
    else:
        shutil.copyfile(source, target)
    return {"sha256": file_sha256(target), "bytes": target.stat().st_size}
