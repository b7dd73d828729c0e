"""`fieldstone doctor`: whether this machine and what is set can run it, what is wrong, and what to do."""

from argparse import ArgumentParser

from conf.schema.errors import SetupError
from jobs.command import arguments, printing
from jobs.command.documents import document
from jobs.command.parser import NeedsState, runs
from pipeline.context import Context
from pipeline.overview import health

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run, state=NeedsState.ANY)
    arguments.as_json(verb)


def run(context: Context, as_json: bool) -> None:
    """Print what was looked at and how it is.

    Raises:
        SetupError: something isn't well.
    """
    findings = health.findings(context)
    if as_json:
        print(document(findings))
    else:
        table = printing.table("what", "well", "how it is, and what to do")
        for each in findings:
            table.add_row(each.about, "yes" if each.is_well else "NO", each.detail)
        printing.console(printing.WIDE).print(table)
    if wrong := [each.about for each in findings if not each.is_well]:
        raise SetupError(f"{len(wrong)} of {len(findings)} aren't well: {', '.join(wrong)}; see above what to do")
