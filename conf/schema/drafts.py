"""Atomic replacement of files: the new content is written to a draft beside the file, which then replaces it."""

import os
from pathlib import Path
from typing import BinaryIO

from conf.schema.errors import Conflict


def fresh(path: Path, mode: int = 0o666) -> BinaryIO:
    """Create a file and open it for writing; it must not exist, because a link there would overwrite another file."""
    path.unlink(missing_ok=True)
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb")


def replace(path: Path, content: bytes, is_lasting: bool = False, mode: int = 0o666) -> None:
    """Replace a file's content, wholly or not at all.

    Args:
        is_lasting: whether to return only once the content would survive a power cut.
        mode: permissions of the file, as far as the process's mask allows them.

    Raises:
        Conflict: the path is a folder.
    """
    if path.is_dir():
        raise Conflict(
            f"{path} is a folder, where a file of the platform's own has its place; move it away and run this again"
        )
    draft = path.with_name(f"{path.name}.draft")
    with fresh(draft, mode) as file:
        file.write(content)
        if is_lasting:
            file.flush()
            os.fsync(file.fileno())
    os.replace(draft, path)
    if is_lasting:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
