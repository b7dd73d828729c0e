"""`fieldstone decisions`: the kill switch: stop all decisions at once, and let them go on."""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import Actions
from pipeline.decisions import kill_switch

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    arguments.approved(
        actions.add("stop", kill_switch.stop, "one person stops them", has_result=True), "who stops them"
    )
    resuming = actions.add("resume", kill_switch.resume, "two people let them go on", has_result=True)
    arguments.approved_by_two(resuming)
