"""`fieldstone doctor`: check this machine and the settings, and say what is wrong and what to do.

fieldstone doctor
"""

from argparse import ArgumentParser

from conf.schema.errors import SetupError
from jobs.command import printing
from jobs.command.parser import NeedsState, runs
from pipeline.context import Context
from pipeline.results.everybody import Health

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run, state=NeedsState.ANY, require=require_well)


def run(context: Context, as_json: bool) -> Health:
    """Print each check and its result."""
    from pipeline.overview import health

    result = health.examined(context)
    if as_json:
        return result
    table = printing.table("what", "well", "how it is, and what to do")
    for each in result.checks:
        table.add_row(each.about, "yes" if each.is_well else "NO", each.detail)
    printing.console(printing.WIDE).print(table)
    return result


def require_well(health: Health) -> None:
    """Make sure that all is well.

    Raises:
        SetupError: some check failed; the text names it.
    """
    if wrong := [each.about for each in health.checks if not each.is_well]:
        raise SetupError(
            f"{len(wrong)} of {len(health.checks)} checks failed: {', '.join(wrong)}; the lines above say what to do"
        )
