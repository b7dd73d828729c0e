"""Files that are put in the place of others whole or not at all, by way of a draft beside them."""

import os
from pathlib import Path
from typing import BinaryIO

from conf.schema.errors import Conflict


def fresh(path: Path, mode: int = 0o666) -> BinaryIO:
    """Open a file for writing that wasn't there: a link laid in its place would have another written over."""
    path.unlink(missing_ok=True)
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb")


def replace(path: Path, content: bytes, is_lasting: bool = False, mode: int = 0o666) -> None:
    """Put a content in the place of a file's, whole or not at all.

    Args:
        is_lasting: return when it will be there whatever happens, a power cut too.
        mode: who may read and write it, as far as the process's mask allows.

    Raises:
        Conflict: a folder is in its place.
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
