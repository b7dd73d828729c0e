"""`fieldstone restore`: restore a backup into an empty state folder.

fieldstone restore /srv/backup/2026-01-31
"""

from argparse import ArgumentParser
from pathlib import Path

from jobs.command.parser import NeedsState, runs

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, "pipeline.recovery.restore:restore", state=NeedsState.ANY)
    verb.add_argument(
        "folder", metavar="FOLDER", type=Path, help="folder that backup has written, such as /mnt/backup/2026-01-31"
    )
