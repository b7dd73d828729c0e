"""`fieldstone models`: versions of the models, their status, and who did what to them."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from jobs.command import printing
from jobs.command.parser import NeedsState, runs
from pipeline.context import Context
from pipeline.overview import models

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run, state=NeedsState.NOT_MADE, has_result=True)


def run(context: Context, as_json: bool) -> dict[str, list[dict[str, Any]]]:
    """Print every version, the latest of a model first."""
    result = models.versions(context)
    rows = {
        name: [asdict(row) | {"status": row.status[0], "acts": [*map(str, row.acts)]} for row in versions]
        for name, versions in result.items()
    }
    if as_json:
        return rows
    table = printing.table("model", "version", "status", "gates", "who, when and why")
    for name, versions in result.items():
        for row in versions:
            table.add_row(name, row.version, row.status[0], row.gates, "\n".join(map(str, row.acts)))
        if not versions:
            table.add_row(name, "none", "not trained yet", "", f"fieldstone train {name}")
    printing.console(printing.WIDE).print(table)
    return rows
