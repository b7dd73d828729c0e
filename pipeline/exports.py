"""Folders for exported data: new, outside the state folder, and readable by their owner only."""

from pathlib import Path

from conf.schema.errors import Conflict, UsageError
from pipeline.context import Context


def require_new(context: Context, folder: Path) -> None:
    """Refuse a folder that isn't empty or lies in the state folder.

    Raises:
        Conflict, UsageError: the folder isn't empty or lies in the state folder.
    """
    home = context.workspace.settings.home.resolve()
    if folder.resolve().is_relative_to(home):
        raise UsageError(f"{folder} lies in the state folder, which is erased; export to a folder outside it")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is there already and not empty; export to a new folder, or empty it first")


def made(folder: Path) -> Path:
    """The folder, created so that only its owner can read it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def for_the_owner_alone(folder: Path) -> None:
    """Let only the owner read a folder and its content."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
