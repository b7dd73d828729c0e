"""`fieldstone reject`: reject a challenger for good.

fieldstone reject admission 2 --approver 'Li Wei' --why 'no better than the one in force'
"""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import runs

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, "pipeline.releases.version_ending:reject")
    arguments.version(verb)
    arguments.approved(verb, "who rejects it and didn't train it")
