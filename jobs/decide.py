"""`fieldstone decide`: score pending applications with the champions."""

from argparse import ArgumentParser

from jobs.command.parser import runs
from pipeline.decisions import decide

FOR = "modelers"


def declare(verb: ArgumentParser) -> None:
    """Declare no arguments of its own."""
    runs(verb, decide.run)
