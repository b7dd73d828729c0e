"""`fieldstone compare`: how a model version differs from the one in force, for the person who approves it.

fieldstone compare admission 2
"""

import sys
from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import runs
from pipeline.context import Context
from pipeline.results.governance import Comparison

FOR = "governance"
_RED = "\x1b[1;31mWEAKER\x1b[0m"  # for a terminal with any fonts


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run)
    arguments.version(verb)


def run(context: Context, model_name: str, number: str, as_json: bool) -> Comparison:
    """Print the comparison as Markdown."""
    from pipeline.releases import comparison

    compared = comparison.compare(context, model_name, number)
    if not as_json:
        print(compared.text.replace(comparison.WEAKER, _RED) if sys.stdout.isatty() else compared.text)
    return compared
