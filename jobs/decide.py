"""`fieldstone decide`: score pending applications with the champions.

fieldstone decide
"""

from argparse import ArgumentParser

from jobs.command.parser import runs

FOR = "modelers"


def declare(verb: ArgumentParser) -> None:
    """Declare no arguments of its own."""
    runs(verb, "pipeline.decisions.decide:run")
