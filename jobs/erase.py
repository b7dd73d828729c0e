"""`fieldstone erase`: erase a subject, or all data that may not be kept any longer.

fieldstone erase --subject - --execute --operator 'Wu Jun'
fieldstone erase --due
"""

from argparse import ArgumentParser

from conf.schema.errors import UsageError
from jobs.command import arguments, printing
from jobs.command.parser import runs
from jobs.command.whose import named
from pipeline.context import Context
from pipeline.results.governance import Erased

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run)
    whose = verb.add_mutually_exclusive_group(required=True)
    whose.add_argument("--subject", help=arguments.SUBJECT)
    whose.add_argument("--due", action="store_true", help="all data whose consent has ended or whose retention is over")
    arguments.carried_out(verb)


def run(
    context: Context, subject: str | None, due: bool, execute: bool, operator: str | None, as_json: bool = False
) -> Erased:
    """Plan an erasure and, with `execute`, carry it out; an interrupted erasure is continued.

    Raises:
        FieldstoneError: no operator is named, or the proof still found data.
    """
    from pipeline.erasure import planning

    if execute and not operator:
        raise UsageError("an erasure records who carries it out; give --operator NAME")
    context = context.reaching_all
    key, number = (None, None) if due else named(context, subject or "")
    request, begun = planning.planned(context, key, number, operator)
    if not as_json:
        printing.print_erasure(request, begun)
    # a person's erasure is proved and certified even if no table is known to have a row
    if execute and (begun or key or any(item.rows for item in request.items)):
        return planning.start(context, request)
    return planning.result(request)
