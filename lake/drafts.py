"""Files that are put in the place of others whole or not at all, by way of a draft beside them."""

import os
from pathlib import Path


def replace(path: Path, content: bytes, is_lasting: bool = False) -> None:
    """Put a content in the place of a file's, whole or not at all.

    The draft is always a new file: a link that somebody has laid in its place would have another written over, a key
    or the anchor.

    Args:
        is_lasting: return when it will be there whatever happens, a power cut too.
    """
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
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
