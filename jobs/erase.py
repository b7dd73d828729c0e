"""`fieldstone erase`: erase a subject, or what may not be kept any longer."""

from argparse import ArgumentParser

from conf.schema.errors import UsageError
from jobs.command import arguments, printing
from jobs.command.parser import runs
from jobs.command.whose import named
from pipeline.context import Context
from pipeline.erasure import planning
from pipeline.results.governance import Erased

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run)
    whose = verb.add_mutually_exclusive_group(required=True)
    whose.add_argument("--subject", help=arguments.SUBJECT)
    whose.add_argument("--due", action="store_true", help="whose consent has ended, and whose retention is over")
    arguments.carried_out(verb)


def run(
    context: Context, subject: str | None, due: bool, execute: bool, operator: str | None, as_json: bool = False
) -> Erased:
    """Plan, and with `execute` carry out; one that was interrupted goes on.

    Raises:
        FieldstoneError: nobody is named as operator, or the proof found something.
    """
    if execute and not operator:
        raise UsageError("an erasure is carried out by somebody: give --operator NAME")
    context = context.reaching_all
    key, number = (None, None) if due else named(context, subject or "")
    request, begun = planning.planned(context, key, number, operator)
    if not as_json:
        printing.print_erasure(request, begun)
    # of a person it is searched and certified even if no table is known to hold a row
    if execute and (begun or key or any(item.rows for item in request.items)):
        return planning.start(context, request)
    return planning.result(request)
