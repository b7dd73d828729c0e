"""`fieldstone refuse-answer`: record in the trail that an answer in Airflow was refused; the DAGs call this.

fieldstone refuse-answer admission 2 --who lw --answer Approve --why 'it ranks well' --refused-for 'they trained it'
"""

import logging
from argparse import ArgumentParser

from jobs.command import arguments
from jobs.command.parser import runs
from pipeline.context import Context
from pipeline.results.governance import AnswerRefused

LOG = logging.getLogger(__name__)

FOR = "governance"
ACTION = "refuse answer"
_ARGUMENTS = {
    "who": "the Airflow user who answered, such as lw; need not be in conf/people.yaml",
    "answer": "what they chose, such as 'Send back'",
    "why": "the reason that they gave, such as 'good out of time'; blank if none",
    "refused-for": "why the answer was refused, such as 'the trainer may not approve it'",
}


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run)
    arguments.version(verb)
    for name, about in _ARGUMENTS.items():
        verb.add_argument(f"--{name}", required=True, metavar="TEXT", help=about)


def run(
    context: Context, model_name: str, number: str, who: str, answer: str, why: str, refused_for: str
) -> AnswerRefused:
    """Record who gave which answer about a version, and why it had no effect; the question is asked again."""
    details = {"answered_by": who, "answer": answer, "why": why, "refused_for": refused_for}
    context.trail.record(context.workspace.settings.operator, ACTION, model=model_name, version=number, **details)
    LOG.info(f"refuse-answer {model_name}: an answer about version {number} did nothing, and is in the audit trail")
    return AnswerRefused(model_name, number)
