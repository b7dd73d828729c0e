"""Anchors: a second place that notes the end of the audit trail, out of reach of people who can write the state folder.

A person who cuts the trail off, restores an older copy of it or deletes it can't remove the marks that the anchor has
noted. A file is enough for a sandbox, and for a bank if it lies on another host or is append-only (`chattr +a`);
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
    """A place to which lines are only added; a plug-in has these two methods and is made from the text after `@`.

    Errors that a user can correct are `FieldstoneError`s. Only one process at a time calls an anchor.
    """

    def lines(self) -> list[str]:
        """All lines that were added, oldest first."""
        ...

    def add(self, line: str) -> None:
        """Add a line, and return once it is safely stored."""
        ...


class FileAnchor:
    """An anchor that is a file of lines.

    Args:
        path: the file; it is created with its folder when the first line is added.
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
                # a line break is written before the line too, so that a torn line before it stays separate
                left = f"\n{line}\n".encode()
                while left:  # a nearly full disk takes only a part
                    left = left[os.write(file, left) :]
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise self._unusable("written", error) from error

    def _require_file(self) -> None:
        # reading a device or a pipe may never end
        if self._path.exists() and not self._path.is_file():
            raise OSError(f"{self._path} isn't a file")

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
