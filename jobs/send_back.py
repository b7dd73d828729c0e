"""`fieldstone send-back`: send a challenger back to be improved.

fieldstone send-back admission 2 --approver 'Li Wei' --why 'the townships are missing from the report'
"""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import runs

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, "pipeline.releases.version_ending:send_back")
    arguments.version(verb)
    arguments.approved(verb, "who sends it back and didn't train it")
