"""Identity and generation of a state folder, by which losses and parts of different states are noticed.

`state.json` has the state's identity and the version of each table when the last job ended. The lake and the model
registry have the identity too, and the registry the generation at which it was last used. So the next job notices an
older copy, a part of another state, and a lost table or log entry; lost data files are noticed when they are read. Of a
log's entries, names and sizes are checked, and that the last one is whole (`lake.log`).
"""

import contextlib
import json
import uuid
from collections.abc import Generator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from filelock import FileLock

from conf.schema import drafts
from conf.schema.errors import IntegrityError, NotFound
from lake import log, log_statistics

WHOLE = "What was written is whole"
_NAMED = 5  # findings in an error


@dataclass(frozen=True)
class State:
    """The recorded state of a folder.

    Attributes:
        identity: of this state, wherever it is moved.
        generation: counts the jobs that changed something.
        tables: version by table when the last job ended.
        registry: generation at which the registry was last used.
        backups: folders that it was backed up to, in which later erasures are noted.
        restored: tasks still open after a restore, see `pipeline.consent.restored`; empty if nothing is.
    """

    identity: str
    generation: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    registry: int = 0
    backups: list[str] = field(default_factory=list)
    restored: dict[str, Any] = field(default_factory=dict)


def read(home: Path) -> State | None:
    """The recorded state of a folder; None if there is none.

    Raises:
        IntegrityError: `state.json` is torn.
    """
    path = home / "state.json"
    try:
        return State(**json.loads(path.read_text())) if path.exists() else None
    except (ValueError, TypeError) as error:
        raise IntegrityError(
            f"{path} is empty, damaged or not written by Fieldstone, so it can't be checked whether the state is "
            "whole. Nothing was written. "
            "Restore the last backup into an empty folder (fieldstone restore FOLDER), or, if you know that nothing "
            "else was lost, move the file away and run fieldstone state accept --who NAME --why TEXT"
        ) from error


def known(home: Path) -> State:
    """What is noted of a state folder.

    Raises:
        IntegrityError, NotFound: nothing is, or `state.json` is torn.
    """
    if (state := read(home)) is None:
        raise NotFound(f"nothing is noted of the state in {home} yet; run a job that takes data in first")
    return state


@contextlib.contextmanager
def changing(home: Path) -> Generator[None]:
    """Lock the recorded state, so that one process at a time changes it."""
    folder = home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "state.lock"):
        yield


def write(home: Path, state: State) -> None:
    """Note a state; held by `changing`. The file is replaced in one step, and the lake told whose it is."""
    # the mark comes second: a lake that is marked and has no state.json has lost it
    for path, text in ((home / "state.json", json.dumps(asdict(state))), (_mark(home), state.identity)):
        if path.parent.exists() and not (path.exists() and path.read_text() == text):
            drafts.replace(path, text.encode())


def note(home: Path, **changes: Any) -> None:
    """Record the versions of tables after a job, successful or not; nothing is written if nothing has changed."""
    if not (home / "lake").exists():
        return
    with changing(home):
        before = read(home) or State(_marked(home) or uuid.uuid4().hex)
        after = replace(before, tables=versions(home), **changes)
        if after != before or not _mark(home).exists():
            write(home, replace(after, generation=before.generation + 1))


def forget_lost_checksums(home: Path) -> None:
    """Remove the checksums of log entries that are lost, beside which the log can't be read or written."""
    for folder in _folders(home):
        commits, checkpoints = log.entries(folder)
        for checksum in (folder / "_delta_log").glob("*.crc"):
            if int(checksum.stem) > max(commits | checkpoints, default=-1):
                checksum.unlink()


def accept(home: Path) -> None:
    """Accept the present content of a state folder, and count the tasks after a restore as done."""
    with changing(home):
        known = read(home) or State(_marked(home) or uuid.uuid4().hex)
        _mark(home).unlink(missing_ok=True)
        write(home, replace(known, generation=known.generation + 1, tables=versions(home), restored={}))


def is_there(home: Path) -> bool:
    """Whether a state exists, whole or not."""
    return (home / "state.json").exists() or (home / "lake").exists()


@contextlib.contextmanager
def noted(home: Path) -> Generator[None]:
    """Record the state after a job; if the job fails, an error while recording doesn't hide the job's own."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            note(home)
        raise
    note(home)


def require_whole(home: Path) -> None:
    """Check that a state folder is as the last job left it.

    Raises:
        IntegrityError: it isn't; the text names the tables, and nothing was written.
    """
    # what another job has just written may have been seen in part, so a finding is looked at twice
    if findings(home) and (faults := findings(home)):
        raise IntegrityError(
            f"the state in {home} isn't as the last job left it: {_listed(faults)}. Nothing was written. Put back what "
            "is missing, restore the last backup into an empty folder (fieldstone restore FOLDER), or, if you know "
            "why it differs, accept it as it is (fieldstone state accept --who NAME --why TEXT)"
        )


def findings(home: Path) -> list[str]:
    """Describe each difference from the state that the last job left."""
    state, faults, marked = read(home), gaps(home), _marked(home)
    if state is None:
        return [*faults, f"state.json is lost, which was of state {marked[:8]}"] if marked else faults
    if marked and marked != state.identity:
        faults.append(f"the lake is of another state ({marked[:8]}, and state.json is of {state.identity[:8]})")
    present = versions(home)
    for table, noted in state.tables.items():
        there = present.get(table)
        if there is None:
            faults.append(f"{table} is gone, which was at version {noted}")
        elif there < noted:
            faults.append(
                f"{table} is at version {there} and was at {noted}: an older copy, or its last entries are lost"
            )
    return faults


def gaps(home: Path) -> list[str]:
    """Describe each lost or torn entry of the tables' logs."""
    return [text for folder in _folders(home) for text in log.gaps(folder)]


def versions(home: Path) -> dict[str, int]:
    """Table → its version, by the names of its log's entries."""
    known = {folder.name: log.entries(folder) for folder in _folders(home)}
    return {
        table: max(commits | checkpoints) for table, (commits, checkpoints) in known.items() if commits | checkpoints
    }


def opened(folder: Path) -> DeltaTable:
    """Open a table to read it, after a check that all of its data files exist in full length.

    Raises:
        IntegrityError: some are lost, cut short or written over, or its log says which of them to pass over.
    """
    stored = DeltaTable(str(folder))
    if log_statistics.has_any(folder):
        raise IntegrityError(
            f"the log of {folder.name} has statistics of columns, which Fieldstone never writes, so another program "
            "has written there and could hide rows; it isn't read. Restore the last backup into an empty "
            "folder (fieldstone restore FOLDER)"
        )
    if lost := log.lost_files(folder, stored):
        raise IntegrityError(
            f"{folder.name} has lost {len(lost):,} of its data files, such as {Path(lost[0]).name}, so it can't be "
            "read: each is gone, cut short or written over. Put them back from a copy of the folder, or restore the "
            "last backup into an empty folder (fieldstone restore FOLDER); features are built anew by fieldstone "
            "build-features"
        )
    return stored


def whole(folder: Path) -> str:
    """The place of a table for an engine to read, see `opened`."""
    opened(folder)
    return str(folder)


def condition(home: Path) -> str:
    """Text for a system error's message: that all tables are whole, or which of them aren't."""
    faults, begun = findings(home), versions(home)
    for folder in (folder for folder in _folders(home) if folder.name in begun):  # others never had an entry
        try:
            lost = log.lost_files(folder, DeltaTable(str(folder)))
        except Exception as error:  # a log that can't be read is a finding, whatever the library makes of it
            faults.append(f"the log of {folder.name} can't be read ({type(error).__name__})")
        else:
            faults += [f"{folder.name} lacks {len(lost):,} data files"] if lost else []
    return f"What isn't whole: {_listed(faults)} (docs/runbook.md)" if faults else WHOLE


def _folders(home: Path) -> list[Path]:
    return sorted(path for path in (home / "lake").glob("*__*") if path.is_dir())


def _mark(home: Path) -> Path:
    return home / "lake" / ".identity"


def _marked(home: Path) -> str | None:
    return _mark(home).read_text() if _mark(home).exists() else None


def _listed(texts: list[str]) -> str:
    more = f"; and {len(texts) - _NAMED:,} more" if len(texts) > _NAMED else ""
    return "; ".join(texts[:_NAMED]) + more
