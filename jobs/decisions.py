"""`fieldstone decisions`: list decisions, explain one of them, and stop or resume all decisions (kill switch).

fieldstone decisions list --purpose credit_assessment --why 'the weekly review'
fieldstone decisions show A0000000001 --purpose credit_assessment --why 'the customer asks'
fieldstone decisions stop --approver 'Li Wei' --why 'a feature is wrong'
fieldstone decisions resume --approver 'Li Wei' --approver 'Zhao Min' --why 'the feature is right again'
"""

from argparse import ArgumentParser

from conf.schema.contract import Purpose
from conf.schema.languages import on_pages
from jobs.command import arguments, printing
from jobs.command.parser import Actions
from pipeline.context import Context
from pipeline.results.decisions import DecisionShown, DecisionsListed

FOR = "governance"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    actions = Actions(verb)
    about = "list the decisions that may be seen for a purpose: number, moment, outcome and grade; in the trail"
    _looked_at(actions.add("list", list_, about))
    about = "print one decision with its reasons and the steps of its limit, as your role may see it; in the trail"
    showing = actions.add("show", show, about)
    showing.add_argument("application", metavar="APPLICATION", help=arguments.APPLICATION)
    _looked_at(showing)
    stopping = actions.add("stop", "pipeline.decisions.kill_switch:stop", "one person stops them all")
    arguments.approved(stopping, "who stops them")
    resuming = actions.add("resume", "pipeline.decisions.kill_switch:resume", "resume them; needs two people")
    arguments.approved_by_two(resuming)


def _looked_at(looking_at: ArgumentParser) -> None:
    """Arguments on the purpose, the reason and the role of a look at decisions."""
    arguments.purpose(looking_at)
    arguments.why(looking_at, "the occasion in words, kept for good, such as 'asked for a person'")
    looking_at.add_argument("--role", help=arguments.ROLE)


def list_(context: Context, purpose: str, why: str, role: str | None, as_json: bool = False) -> DecisionsListed:
    """Print the decided applications with their decisions."""
    from pipeline.decisions import decision_view

    result = decision_view.listed(context, Purpose(purpose), why, role)
    if not as_json:
        printing.print_decisions(result, [context.local_time(each.decided_at) for each in result.decisions])
    return result


def show(
    context: Context, application: str, purpose: str, why: str, role: str | None, as_json: bool = False
) -> DecisionShown:
    """Print the decision on an application."""
    from pipeline.decisions import decision_view

    result = decision_view.shown(context, application, Purpose(purpose), why, role)
    if not as_json:
        languages = on_pages(context.workspace.settings.languages)
        printing.print_decision(result, context.local_time(result.decided_at), languages)
    return result
