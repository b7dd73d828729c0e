"""How a server of the sandbox publishes variables for its clients, and how it ends."""

import signal
import sys
from pathlib import Path

from conf.schema import drafts


def publish(path: Path, variables: dict[str, str]) -> None:
    """Write variables atomically to a file that only its owner can read."""
    lines = "".join(f"{name}={value}\n" for name, value in variables.items())
    drafts.replace(path, lines.encode(), mode=0o600)


def published(path: Path) -> dict[str, str]:
    """The variables of a file."""
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def exit_on_signals() -> None:
    """Let the process close its resources before a signal ends it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
