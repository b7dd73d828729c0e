"""`fieldstone people`: the people who may act, and their keys.

fieldstone people enrol 'Li Wei' --role reviewer --until 2026-12-31
fieldstone people list
fieldstone people release --who 'Zhao Min' --why 'Li Wei reviews from now on'
"""

from argparse import ArgumentParser

from conf.schema.people import Office
from jobs.command import arguments, printing
from jobs.command.kinds import day, person
from jobs.command.parser import Actions, NeedsState
from pipeline.context import Context
from pipeline.results.governance import PersonListed

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    _enrolling(
        actions.add(
            "enrol", "pipeline.people.enrolment:enrol", "make a key pair for a person", state=NeedsState.NOT_MADE
        )
    )
    about = "list the people, and whether each may act"
    actions.add("list", list_people, about, state=NeedsState.NOT_MADE)
    about = "put the people of conf/people.yaml in force"
    releasing = actions.add("release", "pipeline.people.register:release", about)
    arguments.decided(releasing, "who decides it, an auditor or a privacy officer")


def _enrolling(action: ArgumentParser) -> None:
    action.add_argument("name", type=person, metavar="NAME", help="name as people write it, such as 'Li Wei'")
    about = "unique id of the person, such as li.wei2 (default: made from the name)"
    action.add_argument("--id", type=person, metavar="ID", help=about)
    roles, about = [str(each) for each in Office], "role of the person, such as auditor; may be repeated"
    action.add_argument("--role", dest="roles", action="append", default=[], choices=roles, help=about)
    about = "make another key for a person who is enrolled already; all else stays"
    action.add_argument("--new-key", dest="is_new_key", action="store_true", help=about)
    about = "their name in another system, such as Airflow; may be repeated"
    action.add_argument("--login", dest="logins", action="append", default=[], type=person, metavar="NAME", help=about)
    about = "last day on which they may act, such as 2026-12-31"
    action.add_argument("--until", type=day, metavar="DATE", help=about)


def list_people(context: Context, as_json: bool = False) -> tuple[PersonListed, ...]:
    """Print the people, and whether each may act."""
    from pipeline.people.register import listed

    result = listed(context)
    if as_json:
        return result
    table = printing.table("who", "name", "roles", "known as", "key", "from", "until", "counts")
    for each in result:
        roles, logins, days = ", ".join(each.roles), ", ".join(each.logins), (str(each.since), str(each.until or ""))
        counts = "yes" if each.counts else f"no: {each.why_not}" if each.why_not else "no"
        table.add_row(each.id, each.name, roles, logins, each.key_id or "none", *days, counts)
    printing.console(printing.WIDE).print(table)
    return result
