"""Backups of a state: each later erasure is noted in them, so that a restore asks to repeat it."""

import json
from collections.abc import Collection
from pathlib import Path

from conf.schema.errors import IntegrityError
from lake import state
from lake.audit import hashed

MANIFEST, ERASED = "backup.json", "erased_since.jsonl"


def tell(home: Path, subjects: Collection[str]) -> None:
    """Note the hashes of erased subjects in all backups of a state that can be reached."""
    known = state.read(home)
    for folder in map(Path, known.backups if known and subjects else ()):
        if (folder / MANIFEST).exists():
            with (folder / ERASED).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"subjects": sorted(map(hashed, subjects))}) + "\n")


def erased(folder: Path) -> list[str]:
    """Hashes of the subjects erased since a backup, as far as they were noted in it.

    Raises:
        IntegrityError: the file that lists them is lost or torn.
    """
    path = folder / ERASED
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return sorted({subject for line in lines for subject in json.loads(line)["subjects"]})
    except (FileNotFoundError, ValueError, TypeError, KeyError) as error:
        raise IntegrityError(
            f"{path}, the list of people erased since the backup, is lost or damaged. Nothing was written. Put it "
            "back, or remove the damaged line (an empty file names nobody) and look up in the certificates of erasure "
            "who was erased"
        ) from error
