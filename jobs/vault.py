"""`fieldstone vault`: the keys that encrypt personal data.

fieldstone vault rotate
"""

from argparse import ArgumentParser

from jobs.command.parser import Actions

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    about = "wrap all keys under the new master key (FIELDSTONE_NEW_MASTER_KEY, or new_master_from of the settings)"
    Actions(verb).add("rotate", "pipeline.recovery.rotation:rotate", about)
