"""What can be said to `fieldstone people`."""

import argparse
from typing import Any

from conf.people import Office
from jobs.argument_kinds import day, person, words


def add(actions: Any, common: argparse.ArgumentParser) -> None:
    """Add its actions."""
    named = {
        "enrol": ("enrol", "make a key pair for somebody", ("name", "roles", "logins", "until")),
        "list": ("list_people", "the people, and whether they count", ()),
        "release": ("release", "let the people be those of conf/people.yaml from now on", ("who", "why")),
    }
    for name, (function, about, takes) in named.items():
        action = actions.add_parser(name, parents=[common], help=about, description=about)
        action.set_defaults(runs=f"jobs.people:{function}", takes=takes)
    enrol, release = actions.choices["enrol"], actions.choices["release"]
    enrol.add_argument("name", type=person, metavar="NAME")
    enrol.add_argument("--role", dest="roles", action="append", required=True, choices=[str(each) for each in Office])
    about = "what another system calls them, such as Airflow"
    enrol.add_argument("--login", dest="logins", action="append", default=[], type=person, metavar="NAME", help=about)
    enrol.add_argument("--until", type=day, metavar="DATE", help="last day on which they may act")
    release.add_argument("--who", type=person, required=True, help="who decides it: an auditor or a privacy officer")
    release.add_argument("--why", type=words, required=True)
