"""`fieldstone consent`: which data of a subject may be used for which purpose, and why not.

fieldstone consent show --subject -
fieldstone consent check --subject - --scope planting --purpose credit_assessment
fieldstone consent withdrawn
"""

from argparse import ArgumentParser

from conf.schema.contract import Purpose
from jobs.command import arguments, printing
from jobs.command.parser import Actions
from jobs.command.whose import key_of
from pipeline.context import Context
from pipeline.results.governance import ConsentShown, MayBeUsed, WithdrawnShare

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    arguments.subject(actions.add("show", show, "all scopes and purposes of a subject", looks_back=True))
    about = "one scope and purpose of a subject; fails if the data may not be used"
    checking = actions.add("check", check, about, looks_back=True)
    arguments.subject(checking)
    checking.add_argument("--scope", required=True, help="a consent scope of the contracts, such as farm.planting")
    arguments.purpose(checking)
    actions.add("withdrawn", withdrawn, "share of each model version's training subjects whose consent has ended")


def show(context: Context, subject: str, as_json: bool = False) -> ConsentShown:
    """Print which scopes and purposes of the workspace one subject allows, now or as of a past moment."""
    from pipeline.consent import query

    result = query.shown(context, key_of(context, subject))
    if not as_json:
        title = f"As of {context.local_time(context.as_of)}{query.looking_back(context)}"
        table = printing.table("scope", "purpose", "may be used", "why", title=title)
        for each in result.uses:
            table.add_row(each.scope, each.purpose, "yes" if each.may_be_used else "no", each.why)
        printing.console().print(table)
    return result


def check(context: Context, subject: str, scope: str, purpose: str, as_json: bool = False) -> MayBeUsed:
    """Print that one scope may be used for one purpose; raise an error if it may not."""
    from pipeline.consent import query

    result = query.checked(context, key_of(context, subject), scope, Purpose(purpose))
    if not as_json:
        print(f"{scope} may be used for {purpose}: {result.why}{query.looking_back(context)}")
    return result


def withdrawn(context: Context, as_json: bool) -> list[WithdrawnShare]:
    """Print the withdrawn share of every version; a version above the policy's limit is tagged `retrain: due`."""
    from pipeline.registry.withdrawn_share import shares

    result = shares(context)
    if not as_json:
        printing.print_shares(result)
    return result
