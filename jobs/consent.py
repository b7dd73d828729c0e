"""`fieldstone consent`: what may be used of a subject, for what, and why not."""

from argparse import ArgumentParser

from conf.schema.contract import Purpose
from conf.schema.errors import ConsentError, NotFound
from jobs.command import arguments, printing
from jobs.command.parser import Actions
from jobs.command.whose import key_of
from pipeline.consent import standing
from pipeline.context import Context
from pipeline.registry.withdrawn_share import Share, shares

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    arguments.subject(actions.add("show", show, "every scope and purpose", looks_back=True))
    checking = actions.add("check", check, "one scope and purpose; fails if it may not", looks_back=True)
    arguments.subject(checking)
    checking.add_argument("--scope", required=True, help="of the contracts, such as farm.planting")
    arguments.purpose(checking)
    actions.add(
        "withdrawn", withdrawn, "part of each model version's training whose consent has ended", has_result=True
    )


def show(context: Context, subject: str) -> None:
    """Print every scope and purpose of the workspace for one subject; as of a past moment, as it stood then."""
    title = f"As of {context.told(context.as_of)}{_looking_back(context)}"
    table = printing.table("scope", "purpose", "may be used", "why", title=title)
    for each in standing.every(context, key_of(context, subject)):
        table.add_row(each.scope, each.purpose, "yes" if each.consent_id else "no", each.why)
    printing.console().print(table)


def check(context: Context, subject: str, scope: str, purpose: str) -> None:
    """Say whether one scope may be used for one purpose.

    Raises:
        FieldstoneError: it may not; the text says why.
    """
    if scope not in (scopes := standing.scopes(context.workspace)):
        raise NotFound(f"no scope {scope!r}; there are {', '.join(scopes)}")
    found = standing.one(context, key_of(context, subject), scope, Purpose(purpose))
    if found.consent_id is None:
        raise ConsentError(f"{scope} may not be used for {purpose}: {found.why}{_looking_back(context)}")
    print(f"{scope} may be used for {purpose}: {found.why}{_looking_back(context)}")


def withdrawn(context: Context, as_json: bool) -> list[Share]:
    """Show the share of every version; one that exceeds the policy's limit is tagged `retrain: due`."""
    found = shares(context)
    if not as_json:
        printing.print_shares(found)
    return found


def _looking_back(context: Context) -> str:
    if not context.is_backdated:
        return ""
    return f" (looking back to {context.told(context.as_of)}; data are used by what holds at present, not by this)"
