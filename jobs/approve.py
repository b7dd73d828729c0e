"""`fieldstone approve`: put a version in force, with all that makes it act."""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import runs
from pipeline.releases.model_release import approve

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, approve, has_result=True)
    arguments.version(verb)
    arguments.approved(verb, "who approves it; not who trained it")
    arguments.released(verb)
