"""`fieldstone partner`: inspect a partner, or suspend and resume pulling its data.

fieldstone partner suspend farm --approver 'Li Wei' --why 'the partner had a breach'
fieldstone partner resume farm --approver 'Li Wei' --approver 'Zhao Min' --why 'it was inspected'
fieldstone partner inspect farm
"""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import Actions

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    for name, change, about in (
        ("suspend", "pipeline.sources.suspension:suspend", "pull nothing more from a source"),
        ("resume", "pipeline.sources.suspension:resume", "pull from it again"),
    ):
        action = actions.add(name, change, about)
        arguments.source(action)
        arguments.approved_by_two(action)
    about = "write the report of a partner, or of all, and raise alerts"
    inspect = actions.add("inspect", "pipeline.partners.inspection:inspect_all", about)
    arguments.source(inspect, "such as farm; all unless given", nargs="?")
