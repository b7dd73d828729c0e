"""`fieldstone audit`: the audit trail: who did what, and whether the trail is whole.

fieldstone audit show --action approve --since 2026-01-01
fieldstone audit verify
fieldstone audit accept --who 'Li Wei' --why 'restored from the backup of Monday'
"""

from argparse import ArgumentParser
from collections.abc import Sequence

from jobs.command import arguments, printing
from jobs.command.kinds import Choose, moment
from jobs.command.parser import Actions
from lake.entries import Entry
from pipeline.context import Context
from pipeline.results.governance import EntryShown
from pipeline.trail.entry_choice import Wanted

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    _choosing(actions.add("show", show, "print the trail, or the chosen entries of it"))
    actions.add("verify", "pipeline.auditing:verify", "check every link, head and anchor; fails if something is broken")
    about = "accept the rest of the trail if its end or its anchor is lost"
    arguments.decided(actions.add("accept", "pipeline.auditing:accept", about))


def _choosing(action: ArgumentParser) -> None:
    action.set_defaults(chosen=Wanted())
    action.add_argument("--action", action=Choose, help="such as approve, erase or 'hand over'")
    action.add_argument("--who", action=Choose, metavar="NAME", help="who did it, such as 'Li Wei'")
    about = "first moment, such as 2026-01-31T08:00; without a zone in the workspace's"
    action.add_argument("--since", action=Choose, type=moment, metavar="MOMENT", help=about)
    about = "moment before which it was, such as 2026-02-01"
    action.add_argument("--until", action=Choose, type=moment, metavar="MOMENT", help=about)
    about = "what it is about, such as admission:3: a model, version, source, table, batch, reference, or subject key"
    action.add_argument("--about", action=Choose, metavar="TEXT", help=about)


def show(context: Context, chosen: Wanted, as_json: bool) -> tuple[EntryShown, ...]:
    """Print the chosen entries of the trail, oldest first, with times in the bank's zone."""
    from pipeline.trail import query

    known = context.trail.stored()
    entries = [entry for entry in known if query.is_wanted(chosen, entry, context.zone)]
    if not as_json:
        _print(context, entries, len(known))
    return tuple(map(query.shown, entries))


def _print(context: Context, entries: Sequence[Entry], known: int) -> None:
    from pipeline.trail import query

    if not entries:
        return print(f"audit: no entries match, of {known:,}")
    table = printing.table("no.", f"at ({context.zone})", "who", "signed by", "on the system", "did", "details")
    for entry in entries:
        table.add_row(*query.row(entry, context.zone))
    printing.console(printing.WIDE).print(table)
