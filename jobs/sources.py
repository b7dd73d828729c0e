"""`fieldstone sources`: the declared sources: their connections, their latest data, and outages.

fieldstone sources
"""

from argparse import ArgumentParser

from jobs.command import printing
from jobs.command.parser import NeedsState, runs
from pipeline.context import Context
from pipeline.results.everybody import SourceState

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run, state=NeedsState.NOT_MADE)


def run(context: Context, as_json: bool) -> list[SourceState]:
    """Print the present state of every source."""
    from pipeline.overview import sources

    result = sources.states(context)
    if as_json:
        return result
    table = printing.table("source", "comes by", "from", "tables", "last received", "out")
    for each in result:
        received = context.local_time(each.last_received) if each.last_received else "never"
        name = f"{each.name} (gates)" if each.gates else each.name
        table.add_row(name, each.connection, each.where, "\n".join(each.tables), received, each.out or "no")
    printing.console(printing.WIDE).print(table)
    return result
