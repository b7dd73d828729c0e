"""`fieldstone state`: whether what lies in the state folder belongs together.

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
    about = "what isn't as the last job left it, and what is to be redone after a restore; fails if something is lost"
    actions.add("show", "pipeline.recovery.acceptance:show", about, state=NeedsState.ANY)
    about = "let it count as it is, and a restored one be used"
    arguments.decided(actions.add("accept", "pipeline.recovery.acceptance:accept", about, state=NeedsState.ANY))
