"""Restores a backup into an empty state folder, once every hash is right.

Data erased or withdrawn after the backup must not come back. So a restored state trains and decides nothing until
withdrawals were fetched again, all subjects known to have been erased since were erased again, and a person confirms
that no other step is open (`fieldstone state accept`).
"""

import json
import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path

from conf.schema.errors import Conflict, IntegrityError, NotFound
from conf.schema.hashing import file_sha256
from lake import audit, backups, keyfiles, state
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.results.data_engineers import Restored

LOG = logging.getLogger(__name__)

_MAY_BE_THERE = {"secrets", "locks"}


def restore(context: Context, folder: Path) -> Restored:
    """Copy a backup into the state folder of the settings, which may have only keys.

    Raises:
        FieldstoneError: the backup isn't complete, or the state folder isn't empty.
    """
    home = context.workspace.settings.home
    if home.exists() and (there := {path.name for path in home.iterdir()} - _MAY_BE_THERE):
        raise Conflict(
            f"{home} holds {', '.join(sorted(there)[:3])} already; restore into a new folder (FIELDSTONE_HOME), or "
            "move what is there away. Nothing was written"
        )
    taken = _whole(folder)
    erased = backups.erased(folder)
    restored = {"taken_at": taken["taken_at"], "at": datetime.now(UTC).isoformat(), "erased": erased}
    known = state.State(**taken["state"] | {"restored": restored})
    home.mkdir(parents=True, exist_ok=True)
    with state.changing(home):
        state.write(home, known)  # first: until all tables are there, each job names the missing ones
    for name in taken["files"]:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, home / name)
    withdrawals.note_begin(context)  # they have to be fetched again
    LOG.info(f"restore: {len(taken['files']):,} files of {taken['taken_at']}, all as they were saved; {home}")
    _tell_the_trail(context, taken["taken_at"])
    LOG.info(
        f"restore: train and decide have to wait: ingest and refine all sources, erase again who was erased since "
        f"({len(erased):,} known; fieldstone state show), then fieldstone state accept --who NAME --why TEXT"
    )
    LOG.info(
        "restore: what else was done since is undone: suspend again the partners that were suspended since before you "
        "ingest, retire model versions again, drop again the batches that were dropped (docs/runbook.md)"
    )
    return Restored(str(home), len(taken["files"]), taken["taken_at"], len(erased))


def _tell_the_trail(context: Context, taken_at: str) -> None:
    """Record in the audit trail that it was restored, and which entries were lost by that."""
    settings = context.workspace.settings
    if settings.trail_from == "env" and not keyfiles.exists(settings, "trail"):
        LOG.info(
            f"restore: without keys; give the lake's own before the next job (FIELDSTONE_MASTER_KEY and others, or "
            f"files in {settings.key_folder}), then let the trail know (fieldstone audit accept --who NAME --why TEXT)"
        )
        return
    trail = audit.opened(context.lake)
    note = trail.accept if trail.verify() else trail.record
    note(settings.operator, "restore", taken_at=taken_at)


def _whole(folder: Path) -> dict:
    manifest = folder / backups.MANIFEST
    if not manifest.exists():
        raise NotFound(
            f"{folder} has no {backups.MANIFEST}: it isn't a backup, or is an incomplete one; give the folder of a "
            "complete backup"
        )
    try:
        taken = json.loads(manifest.read_text(encoding="utf-8"))
        changed = [name for name, file in taken["files"].items() if not _is_same(folder, name, file)]
    except (ValueError, TypeError, KeyError) as error:
        raise IntegrityError(f"{manifest} is damaged. Nothing was written; take another backup") from error
    if changed:
        raise IntegrityError(
            f"the backup in {folder} differs from what was saved: {len(changed):,} files are lost or changed, such as "
            f"{changed[0]}. Nothing was written; take another backup"
        )
    return taken


def _is_same(folder: Path, name: str, file: dict) -> bool:
    path = folder / name
    within = not Path(name).is_absolute() and ".." not in Path(name).parts
    return within and path.is_file() and file_sha256(path) == file["sha256"]
