"""`fieldstone build-features`: build feature rows and labels in gold."""

from argparse import ArgumentParser

from jobs.command.parser import runs

FOR = "modelers"


def declare(verb: ArgumentParser) -> None:
    """Declare no arguments of its own."""
    runs(verb, "pipeline.features.build:run", looks_back=True)
