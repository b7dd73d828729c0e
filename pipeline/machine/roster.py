"""Which servers of Fieldstone were started on this machine, and where they can be looked at.

A process id alone names nothing for long: the system gives it away again. So the roster keeps the start time beside it.
"""

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil


@dataclass(frozen=True)
class Started:
    """A process as it was started: `created` (seconds since 1970) tells it from a later one with the same id."""

    name: str
    pid: int
    created: float

    def alive(self) -> bool:
        """Whether this very process still runs."""
        try:
            process = psutil.Process(self.pid)
            return process.create_time() == self.created and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


@dataclass
class Roster:
    """The processes that were started for one state folder, as a file lists them.

    Attributes:
        path: the file.
        facts: what else somebody who looks wants to know, e.g. addresses.
    """

    path: Path
    started: list[Started] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The roster in a file; an empty one where there is none, or none that can be read."""
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError, KeyError):
            kept = json.loads(path.read_text())
            return cls(path, [Started(**entry) for entry in kept["started"]], kept["facts"])
        return cls(path)

    def alive(self) -> list[Started]:
        """Those of the recorded processes that still run."""
        return [entry for entry in self.started if entry.alive()]


def path_in(home: Path) -> Path:
    """Where the roster of a state folder is kept."""
    return home / "airflow" / "processes.json"
