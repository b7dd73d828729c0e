"""`fieldstone refine`: validate bronze to silver.

fieldstone refine farm
"""

from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import runs
from pipeline.context import Context
from pipeline.results.data_engineers import SourceRun

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run)
    arguments.source(verb)


def run(context: Context, source_name: str) -> SourceRun:
    """Refine every table of the source."""
    from pipeline import refine

    return SourceRun.of(source_name, refine.run(context, source_name))
