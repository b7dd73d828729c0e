"""`fieldstone quarantine`: look at rows that failed checks, release them or drop them.

fieldstone quarantine list --table bank__application
fieldstone quarantine show --table bank__application --reason OUT_OF_RANGE --why 'what the partner asked'
fieldstone quarantine release --table bank__branch --corrections mended.csv --who 'Wu Jun' --why 'corrected'
fieldstone quarantine drop --table bank__branch --row 3f9a1c --who 'Wu Jun' --why 'a row of the partner tests'
"""

from argparse import ArgumentParser

from jobs.command import arguments, printing
from jobs.command.parser import Actions
from pipeline.context import Context
from pipeline.quarantine.row_choice import Selection
from pipeline.results.data_engineers import RowShown, RowsWaiting

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    about = "number of rows that wait, by contract, batch and reason"
    arguments.chosen_rows(actions.add("list", list_rows, about), required=False)
    showing = arguments.chosen_rows(actions.add("show", show, "print rows, masked or plain as your role may see them"))
    showing.add_argument("--role", help=arguments.ROLE)
    arguments.why(showing, "the occasion, such as 'she asked'; for roles that see personal data plain", required=False)
    about = "check rows again and release those that pass"
    releasing = arguments.chosen_rows(actions.add("release", "pipeline.quarantine.releasing:release", about))
    arguments.decided(releasing)
    about = "name of a check that the rows may fail, as show prints it, such as ends_after_start"
    releasing.add_argument("--waive", action="append", default=[], metavar="CHECK", help=about)
    about = """file with JSON such as {"area_mu": "12.5"}; - for standard input"""
    releasing.add_argument("--corrections", metavar="FILE", help=about)
    dropping = actions.add("drop", "pipeline.quarantine.dropping:drop", "delete rows for good")
    arguments.decided(arguments.chosen_rows(dropping))


def list_rows(context: Context, table: str | None, chosen: Selection, as_json: bool = False) -> tuple[RowsWaiting, ...]:
    """Print how many rows wait, by contract, batch and reason; a row counts under each of its reasons."""
    from pipeline.quarantine import quarantine_view

    result = quarantine_view.counted(context, table, chosen)
    if not as_json:
        printing.print_waiting(result)
    return result


def show(
    context: Context, table: str, chosen: Selection, role: str | None, why: str | None, as_json: bool = False
) -> tuple[RowShown, ...]:
    """Print rows as the operator's role may see them."""
    from pipeline.quarantine import quarantine_view

    rows = quarantine_view.disclosed(context, table, chosen, role, why)
    if not as_json:
        printing.print_rows(table, rows)
    return rows
