"""`fieldstone approve`: approve a model version, with all that decides by it, and put it in force.

fieldstone approve admission 2 --approver 'Li Wei' --why 'ranks better out of time' --release 3f9a…
"""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.kinds import Answer
from jobs.command.parser import runs

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, "pipeline.releases.model_release:approve")
    arguments.version(verb)
    arguments.approved(verb, "who approves it and didn't train it")
    arguments.released(verb)
    about = "why it may be in force despite a red finding (fieldstone compare), such as feature_csi='grows by itself'"
    verb.add_argument("--answer", action=Answer, dest="answers", metavar="NAME=TEXT", help=about)
