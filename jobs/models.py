"""`fieldstone models`: the model versions, their status, and who did what with them.

fieldstone models
"""

from argparse import ArgumentParser

from jobs.command import printing
from jobs.command.parser import NeedsState, runs
from pipeline.context import Context
from pipeline.results.everybody import VersionListed

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run, state=NeedsState.NOT_MADE)


def run(context: Context, as_json: bool) -> dict[str, tuple[VersionListed, ...]]:
    """Print every version, the latest of a model first."""
    from pipeline.overview import models

    result = models.listed(context)
    if as_json:
        return result
    table = printing.table("model", "version", "status", "gates", "who, when and why")
    for name, versions in result.items():
        for row in versions:
            table.add_row(name, row.version, row.status_in_words, row.gates, "\n".join(row.acts))
        if not versions:
            table.add_row(name, "none", "not trained yet", "", f"fieldstone train {name}")
    printing.console(printing.WIDE).print(table)
    return result
