"""`fieldstone run`: all of it without Airflow."""

from argparse import ArgumentParser

from jobs import docs, summary
from jobs.command.parser import runs
from pipeline import chain
from pipeline.context import Context

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """It takes none of its own."""
    runs(verb, run)


def run(context: Context) -> None:
    """Take in the gating sources, then the others; build, train, approve where allowed, decide.

    A source that fails doesn't hold up what can do without it: what decisions do then is the policy's to say.

    Raises:
        FieldstoneError: sources failed. If a gating one did, nothing followed it.
    """
    tried = chain.take_in(context)
    with tried.each("features to decisions"):
        chain.learn(context)
        docs.run(context)
        chain.approve_and_decide(context)
        summary.run(context, as_json=False)
    tried.end()
