"""`fieldstone policy`: show and approve the credit policy; only an approved policy decides.

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
    actions.add("show", "pipeline.releases.policy_release:show", "show how the policy differs from the one in force")
    approve = actions.add("approve", "pipeline.releases.policy_release:approve", "put the policy in force")
    arguments.approved(approve, "who approves it")
    arguments.released(approve)
