"""`fieldstone models`: versions of the models, their status, and who did what to them."""

import json
from argparse import ArgumentParser
from dataclasses import asdict

from jobs.command import arguments, printing
from jobs.command.parser import State, runs
from pipeline.context import Context
from pipeline.overview import models

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run, state=State.NOT_MADE)
    arguments.as_json(verb)


def run(context: Context, as_json: bool) -> None:
    """Print every version, the latest of a model first."""
    found = models.versions(context)
    if as_json:
        rows = {name: [asdict(row) | {"status": row.status[0]} for row in versions] for name, versions in found.items()}
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    table = printing.table("model", "version", "status", "gates", "who, when and why")
    for name, versions in found.items():
        for row in versions:
            table.add_row(name, row.version, row.status[0], row.gates, "\n".join(row.acts))
        if not versions:
            table.add_row(name, "none", "not trained yet", "", f"fieldstone train {name}")
    printing.console(printing.WIDE).print(table)
