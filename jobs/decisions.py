"""`fieldstone decisions`: one decision with its reasons, by role, and the kill switch: stop all decisions at once."""

from argparse import ArgumentParser

from conf.schema.contract import Purpose
from jobs.command import arguments, printing
from jobs.command.parser import Actions
from pipeline.context import Context
from pipeline.decisions import kill_switch, looking
from pipeline.results.governance import DecisionShown

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    about = "print one decision with its reasons and the steps of its limit, as one's role may see it; in the trail"
    showing = actions.add("show", show, about, has_result=True)
    showing.add_argument("application", metavar="APPLICATION", help="number of the application that was decided")
    arguments.purpose(showing)
    arguments.why(showing)
    showing.add_argument("--role", help=arguments.ROLE)
    arguments.approved(
        actions.add("stop", kill_switch.stop, "one person stops them", has_result=True), "who stops them"
    )
    resuming = actions.add("resume", kill_switch.resume, "two people let them go on", has_result=True)
    arguments.approved_by_two(resuming)


def show(
    context: Context, application: str, purpose: str, why: str, role: str | None, as_json: bool = False
) -> DecisionShown:
    """Print the decision on an application."""
    result = looking.shown(context, application, Purpose(purpose), why, role)
    if not as_json:
        printing.print_decision(result, context.told(result.decided_at))
    return result
