"""`fieldstone reject`: end a challenger that isn't to be put in force."""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import runs
from pipeline.releases.version_ending import reject

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, reject)
    arguments.version(verb)
    arguments.approved(verb, "who rejects it and didn't train it")
