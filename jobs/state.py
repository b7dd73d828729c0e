"""`fieldstone state`: check whether the state folder is whole and its parts belong together.

fieldstone state show
fieldstone state accept --who 'Wu Jun' --why 'the table was deleted by hand'
"""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import Actions, NeedsState

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    about = "list what differs from the last job, and what to redo after a restore; fails if something is lost"
    actions.add("show", "pipeline.recovery.acceptance:show", about, state=NeedsState.ANY)
    about = "accept the state as it is, also after a restore"
    arguments.decided(actions.add("accept", "pipeline.recovery.acceptance:accept", about, state=NeedsState.ANY))
