"""What can be said of model versions and the policy by whoever judges them."""

import argparse
from collections.abc import Callable
from typing import Any

from jobs.argument_kinds import person, words

_RELEASES = ("sandbox", "release")  # what an approval takes besides


def judged(verb: Callable[..., argparse.ArgumentParser]) -> None:
    """What somebody other than its trainer does with a model version."""
    named = {
        "approve": ("approve:run", "put a version in force, with all that makes it act", "approves it", _RELEASES),
        "retire": ("retire:run", "let a version score no more", "retires it", ()),
        "reject": ("reject:run", "end a challenger that isn't to be put in force", "rejects it", ()),
        "send-back": ("reject:send_back", "end a challenger that is to be made better", "sends it back", ()),
    }
    for name, (runs, about, does, takes) in named.items():
        action = verb(name, f"jobs.{runs}", about, "model_name", "number", "approver", "why", *takes)
        action.add_argument("model_name", metavar="MODEL")
        action.add_argument("number", metavar="VERSION")
        _approver(action, f"who {does}; not who trained it", is_sandbox_too="sandbox" in takes)
    about = "tell the trail of an answer in Airflow that was refused; Airflow's question says so"
    takes = ("who", "answer", "why", "refused_for")
    refused = verb("refuse-answer", "jobs.refuse_answer:run", about, "model_name", "number", *takes)
    refused.add_argument("model_name", metavar="MODEL")
    refused.add_argument("number", metavar="VERSION")
    for name in takes:
        refused.add_argument(f"--{name.replace('_', '-')}", required=True, metavar="TEXT")
    about = "how a version differs from the one in force, for whoever is to approve it"
    compare = verb("compare", "jobs.compare:run", about, "model_name", "number", "as_json")
    compare.add_argument("model_name", metavar="MODEL")
    compare.add_argument("number", metavar="VERSION")
    compare.add_argument("--json", dest="as_json", action="store_true", help="as one line, for the question in Airflow")


def _approver(action: argparse.ArgumentParser, about: str, is_sandbox_too: bool) -> None:
    action.add_argument("--approver", type=person, required=True, metavar="NAME", help=about)
    action.add_argument("--why", type=words, required=True)
    if is_sandbox_too:
        action.add_argument("--sandbox", action="store_true", help="record it as an approval by the sandbox reviewer")
        about = "what was looked at, as compare or policy show prints it; a sandbox may leave it out"
        action.add_argument("--release", metavar="SHA256", help=about)


def policy(actions: Any, common: argparse.ArgumentParser) -> None:
    """What is done with the credit policy."""
    named = {"show": ("what differs from the one in force", ()), "approve": ("put it in force", ("approver", "why"))}
    for name, (about, takes) in named.items():
        action = actions.add_parser(name, parents=[common], help=about, description=about)
        action.set_defaults(
            runs=f"pipeline.releases.policy_release:{name}", takes=(*takes, *(_RELEASES if takes else ()))
        )
    _approver(actions.choices["approve"], "who approves it", is_sandbox_too=True)


def kill_switch(actions: Any, common: argparse.ArgumentParser) -> None:
    """How decisions are stopped and go on."""
    stop = actions.add_parser("stop", parents=[common], help="one person stops them", description="stop decisions")
    stop.set_defaults(runs="pipeline.decisions.kill_switch:stop", takes=("approver", "why"))
    _approver(stop, "who stops them", is_sandbox_too=False)
    resume = actions.add_parser("resume", parents=[common], help="two people do", description="let decisions go on")
    resume.set_defaults(runs="pipeline.decisions.kill_switch:resume", takes=("approvers", "why"))
    two_approvers(resume)


def two_approvers(action: argparse.ArgumentParser) -> None:
    """Of what takes two people."""
    about = "who decides it; give two different people"
    action.add_argument(
        "--approver", type=person, dest="approvers", action="append", required=True, metavar="NAME", help=about
    )
    action.add_argument("--why", type=words, required=True)
