"""Drafts: what takes the place of a file is written beside it first."""

import os
from pathlib import Path
from typing import BinaryIO


def new(path: Path) -> BinaryIO:
    """A file to write a draft to: always a new one, whatever lies at its place.

    A link that somebody has laid there would have another file written over: a key, the anchor.
    """
    path.unlink(missing_ok=True)
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb")
