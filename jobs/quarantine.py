"""`fieldstone quarantine`: rows that failed: look at them, replay them or drop them."""

from argparse import ArgumentParser

from conf.schema.quarantine_reasons import ReasonCode
from jobs.command import arguments, printing
from jobs.command.kinds import Choose
from jobs.command.parser import Actions
from pipeline.context import Context
from pipeline.quarantine import dropping, quarantine_view
from pipeline.quarantine.releasing import release
from pipeline.quarantine.waiting_rows import Selection
from pipeline.results.data_engineers import RowShown, RowsWaiting

FOR = "data engineers"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    about = "how many wait, by contract, batch and reason"
    _choosing(actions.add("list", list_rows, about), required=False)
    showing = _choosing(actions.add("show", show, "print rows, masked or plain by role"))
    showing.add_argument("--role", help=arguments.ROLE)
    arguments.why(showing, "the occasion, such as 'she asked'; for roles that see personal data plain", required=False)
    releasing = _choosing(actions.add("release", release, "replay rows; what still fails stays"))
    arguments.decided(releasing)
    about = "a check that they may fail, by its name as show prints it, such as ends_after_start"
    releasing.add_argument("--waive", action="append", default=[], metavar="CHECK", help=about)
    about = """file with JSON such as {"area_mu": "12.5"}; - for standard input"""
    releasing.add_argument("--corrections", metavar="FILE", help=about)
    arguments.decided(_choosing(actions.add("drop", dropping.drop, "delete rows for good")))


def _choosing(action: ArgumentParser, required: bool = True) -> ArgumentParser:
    action.set_defaults(chosen=Selection())
    action.add_argument("--table", required=required, metavar="CONTRACT", help=arguments.TABLE)
    reasons, about = [str(reason) for reason in ReasonCode], "such as OUT_OF_RANGE; docs/runbook.md has all"
    action.add_argument("--reason", action=Choose, choices=reasons, metavar="REASON", help=about)
    action.add_argument("--batch", action=Choose, help=arguments.BATCH)
    action.add_argument("--row", action=Choose, help="beginning of a row's id, such as 3f9a1c, as show prints it")
    return action


def list_rows(context: Context, table: str | None, chosen: Selection, as_json: bool = False) -> tuple[RowsWaiting, ...]:
    """Print how many rows wait, by contract, batch and reason; a row counts under each of its reasons."""
    result = quarantine_view.counted(context, table, chosen)
    if not as_json:
        printing.print_waiting(result)
    return result


def show(
    context: Context, table: str, chosen: Selection, role: str | None, why: str | None, as_json: bool = False
) -> tuple[RowShown, ...]:
    """Print rows as the operator's role may see them."""
    rows = quarantine_view.disclosed(context, table, chosen, role, why)
    if not as_json:
        printing.print_rows(table, rows)
    return rows
