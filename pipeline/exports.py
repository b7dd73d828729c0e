"""Folders that data leave the lake in: new, outside the state, and for their owner's eyes alone."""

from pathlib import Path

from conf.schema.errors import Conflict, UsageError
from pipeline.context import Context


def require_new(context: Context, folder: Path) -> None:
    """Refuse a folder that holds something, or lies in the state folder.

    Raises:
        Conflict, UsageError: it does.
    """
    home = context.workspace.settings.home.resolve()
    if folder.resolve().is_relative_to(home):
        raise UsageError(f"{folder} lies in the state folder, which is erased; export to a folder outside it")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is there already and not empty; export to a new folder, or empty it first")


def made(folder: Path) -> Path:
    """The folder, which nobody else on the machine can look into."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def for_the_owner_alone(folder: Path) -> None:
    """Let nobody else read a folder and what is in it."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
