"""`fieldstone refine`: validate bronze to silver."""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import runs
from pipeline import refine

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, refine.run)
    arguments.source(verb)
