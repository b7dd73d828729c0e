"""`fieldstone ingest`: pull new data of a source into bronze.

fieldstone ingest farm
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
    """Pull every table of the source."""
    from pipeline.ingest import run as ingest

    return SourceRun.of(source_name, ingest.run(context, source_name))
