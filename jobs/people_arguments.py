"""What can be said to `fieldstone people`."""

import argparse
from typing import Any

from conf.schema.people import Office
from jobs.argument_kinds import day, person, words

_ENROL = ("name", "id", "roles", "logins", "until", "is_new_key")


def add(actions: Any, common: argparse.ArgumentParser) -> None:
    """Add its actions."""
    named = {
        "enrol": ("enrolment:enrol", "make a key pair for somebody", _ENROL),
        "list": ("people:list_people", "the people, and whether they count", ()),
        "release": ("people:release", "let the people be those of conf/people.yaml from now on", ("who", "why")),
    }
    for name, (runs, about, takes) in named.items():
        action = actions.add_parser(name, parents=[common], help=about, description=about)
        action.set_defaults(runs=f"jobs.{runs}", takes=takes)
    enrol, release = actions.choices["enrol"], actions.choices["release"]
    enrol.add_argument("name", type=person, metavar="NAME")
    about = "what tells them from others, if it isn't to be the name"
    enrol.add_argument("--id", type=person, metavar="ID", help=about)
    roles = [str(each) for each in Office]
    enrol.add_argument("--role", dest="roles", action="append", default=[], choices=roles)
    about = "they are there already, and get another key; all else stays"
    enrol.add_argument("--new-key", dest="is_new_key", action="store_true", help=about)
    about = "what another system calls them, such as Airflow"
    enrol.add_argument("--login", dest="logins", action="append", default=[], type=person, metavar="NAME", help=about)
    enrol.add_argument("--until", type=day, metavar="DATE", help="last day on which they may act")
    release.add_argument("--who", type=person, required=True, help="who decides it: an auditor or a privacy officer")
    release.add_argument("--why", type=words, required=True)
