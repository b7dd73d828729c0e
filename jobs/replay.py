"""`fieldstone replay`: repeat decisions from their stored inputs and compare; fails if an outcome differs.

fieldstone replay A0000000001
fieldstone replay --all
"""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import runs

FOR = "modelers"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, "pipeline.decisions.replay_results:show")
    which = verb.add_mutually_exclusive_group(required=True)
    which.add_argument("application", nargs="?", metavar="APPLICATION", help=arguments.APPLICATION)
    which.add_argument("--all", dest="is_all", action="store_true", help="all decisions whose inputs are stored")
