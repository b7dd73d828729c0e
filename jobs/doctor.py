"""`fieldstone doctor`: whether this machine and what is set can run it, what is wrong, and what to do."""

from argparse import ArgumentParser

from jobs.command import printing
from jobs.command.parser import NeedsState, runs
from pipeline.context import Context
from pipeline.overview import health
from pipeline.results.everybody import Health

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run, state=NeedsState.ANY, require=health.require_well)


def run(context: Context, as_json: bool) -> Health:
    """Print each check and its result."""
    result = health.examined(context)
    if as_json:
        return result
    table = printing.table("what", "well", "how it is, and what to do")
    for each in result.checks:
        table.add_row(each.about, "yes" if each.is_well else "NO", each.detail)
    printing.console(printing.WIDE).print(table)
    return result
