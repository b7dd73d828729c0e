"""`fieldstone build-features`: build feature rows and labels in gold."""

from argparse import ArgumentParser

from jobs.command.parser import runs
from pipeline.features import build

FOR = "modelers"


def declare(verb: ArgumentParser) -> None:
    """Declare no arguments of its own."""
    runs(verb, build.run, looks_back=True)
