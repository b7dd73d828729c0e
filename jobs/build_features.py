"""`fieldstone build-features`: build feature rows and labels in gold.

fieldstone build-features --as-of 2026-01-31
"""

from argparse import ArgumentParser

from jobs.command.parser import runs

FOR = "modelers"


def declare(verb: ArgumentParser) -> None:
    """Declare no arguments of its own."""
    runs(verb, "pipeline.features.build:run", looks_back=True)
