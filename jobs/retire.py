"""`fieldstone retire`: take a model version out of use.

fieldstone retire admission 1 --approver 'Li Wei' --why 'its population is gone'
"""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import runs

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, "pipeline.releases.version_ending:retire")
    arguments.version(verb)
    arguments.approved(verb, "who retires it and didn't train it")
