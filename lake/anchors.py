"""Where the end of the audit trail is told besides: out of reach of whoever may write the state folder.

Whoever cuts the trail off, puts an older copy of it back or deletes it whole can't make the anchor forget what it was
told. A file does for a sandbox, and for a bank on a host of its own or where lines can only be added (`chattr +a`);
object storage with a lock, a syslog or a transparency log is a plug-in of a few lines.
"""

import os
from pathlib import Path
from typing import Protocol

from conf.schema.errors import FieldstoneError, SetupError
from conf.schema.settings import Settings
from lake import plugins

PLUGINS = "fieldstone.anchors"  # the group of entry points


class Anchor(Protocol):
    """A place to which lines are only added; a plug-in has these two, and is made of the text behind `@`.

    Errors that a user can put right are `FieldstoneError`s. One process at a time calls it.
    """

    def lines(self) -> list[str]:
        """All lines that were added, oldest first."""
        ...

    def add(self, line: str) -> None:
        """Add a line, and return when it will be there whatever happens."""
        ...


class FileAnchor:
    """Lines of a file.

    Args:
        path: the file; it is made with its folder when the first line comes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def lines(self) -> list[str]:
        """See `Anchor.lines`."""
        try:
            self._require_file()
            return self._path.read_text(encoding="utf-8").split() if self._path.exists() else []
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable("read", error) from error

    def add(self, line: str) -> None:
        """See `Anchor.add`."""
        try:
            self._require_file()
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                # the line break comes first as well, so that a line that was torn stays one of its own
                left = f"\n{line}\n".encode()
                while left:  # of a disk that is nearly full a part fits
                    left = left[os.write(file, left) :]
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise self._unusable("written", error) from error

    def _require_file(self) -> None:
        # a device or a pipe may be read without end
        if self._path.exists() and not self._path.is_file():
            raise OSError(f"{self._path} is no file")

    def _unusable(self, how: str, error: Exception) -> FieldstoneError:
        return SetupError(
            f"the anchor of the audit trail, {self._path}, can't be {how} ({type(error).__name__}), so nothing that "
            "belongs in the trail can be done; make it usable, or name another by FIELDSTONE_ANCHOR"
        )


def of(settings: Settings) -> Anchor:
    """The anchor that the settings name.

    Raises:
        ContractError: there is no such plug-in.
    """
    path = settings.anchor_file
    return FileAnchor(path) if path else plugins.made(settings.anchor_place.partition(":")[2], PLUGINS, "anchor")
