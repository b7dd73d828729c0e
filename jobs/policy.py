"""`fieldstone policy`: the credit policy, by which nothing is decided until it is approved as it is.

fieldstone policy show
fieldstone policy approve --approver 'Li Wei' --why 'the cut-off was agreed' --release 3f9a…
"""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import Actions

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    actions.add("show", "pipeline.releases.policy_release:show", "what differs from the one in force")
    approve = actions.add("approve", "pipeline.releases.policy_release:approve", "put it in force")
    arguments.approved(approve, "who approves it")
    arguments.released(approve)
