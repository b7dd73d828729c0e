"""`fieldstone backup`: copy the state, with a hash of each file.

fieldstone backup /srv/backup/2026-01-31 --keys --operator 'Wu Jun'
"""

from argparse import ArgumentParser
from pathlib import Path

from jobs.command.kinds import person
from jobs.command.parser import runs

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, "pipeline.recovery.backup:save")
    verb.add_argument(
        "folder", metavar="FOLDER", type=Path, help="a new or empty folder, such as /mnt/backup/2026-01-31"
    )
    verb.add_argument(
        "--keys", action="store_true", help="copy the keys too; anybody who has the copy can then read it"
    )
    verb.add_argument(
        "--operator", type=person, metavar="NAME", required=True, help="who makes the backup, such as 'Li Wei'"
    )
