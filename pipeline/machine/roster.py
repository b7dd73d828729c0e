"""The servers of Fieldstone that were started on this machine, and their addresses.

The operating system reuses process ids, so the roster stores the start time with each.
"""

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil


@dataclass(frozen=True)
class Started:
    """A started process: `created` (seconds since 1970) distinguishes it from a later process with the same id."""

    name: str
    pid: int
    created: float

    def alive(self) -> bool:
        """Whether exactly this process still runs."""
        try:
            process = psutil.Process(self.pid)
            return process.create_time() == self.created and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


@dataclass
class Roster:
    """The processes that were started for one state folder, stored in a file.

    Attributes:
        path: the file.
        facts: further information for people, such as addresses.
    """

    path: Path
    started: list[Started] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The roster in a file; empty if the file is missing or unreadable."""
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError, KeyError):
            kept = json.loads(path.read_text())
            return cls(path, [Started(**entry) for entry in kept["started"]], kept["facts"])
        return cls(path)

    def alive(self) -> list[Started]:
        """The recorded processes that still run."""
        return [entry for entry in self.started if entry.alive()]


def path_in(home: Path) -> Path:
    """Path of a state folder's roster."""
    return home / "airflow" / "processes.json"
