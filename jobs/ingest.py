"""`fieldstone ingest`: pull what is new of a source to bronze."""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import runs
from pipeline.ingest import run as ingest

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, ingest.run)
    arguments.source(verb)
