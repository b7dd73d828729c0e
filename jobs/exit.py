"""`fieldstone exit`: end the cooperation with a partner, or the whole service.

fieldstone exit --source farm --export /srv/farm --approver 'Li Wei' --operator 'Wu Jun' --why 'it has ended'
"""

from argparse import ArgumentParser

from conf.schema.errors import UsageError
from jobs.command import arguments, printing
from jobs.command.kinds import person
from jobs.command.parser import runs
from lake.stops import EVERYTHING
from pipeline.context import Context
from pipeline.results.governance import Erased

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run)
    who = verb.add_mutually_exclusive_group(required=True)
    who.add_argument("--source", help="the partner that leaves, such as farm")
    who.add_argument("--all", dest="source", action="store_const", const=EVERYTHING, help="end the whole service")
    about = "hand over received data that may leave, with pseudonyms, to a new or empty folder such as /srv/farm"
    verb.add_argument("--export", metavar="FOLDER", help=about)
    verb.add_argument("--identifiers", action="store_true", help="hand over identifiers in the clear as well")
    verb.add_argument(
        "--approver", type=person, metavar="NAME", help="who approves the hand-over, not the operator, such as 'Wu'"
    )
    arguments.why(verb, "why, kept for good, such as 'the agreement has ended'; needed with --execute", required=False)
    arguments.carried_out(verb)


def run(
    context: Context,
    source: str,
    export: str | None,
    identifiers: bool,
    approver: str | None,
    why: str | None,
    execute: bool,
    operator: str | None,
    as_json: bool = False,
) -> Erased:
    """Plan an exit and, with `execute`, carry it out; an interrupted exit is continued.

    Raises:
        FieldstoneError: the operator or the reason is missing, or nobody else has approved a hand-over.
    """
    from pipeline.erasure import orderly_exit, planning

    context.require_present("exit")
    if execute and not (operator and why):
        raise UsageError("an exit records who carries it out and why; give --operator NAME and --why TEXT")
    handed = orderly_exit.Export.of(export, identifiers, approver)
    request, begun = orderly_exit.planned(context := context.reaching_all, source, operator)
    if not as_json:
        printing.print_erasure(request, begun)
    if not (execute and why):
        return planning.result(request)
    return orderly_exit.leave(context, source, request, why, None if begun else handed)
