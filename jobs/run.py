"""`fieldstone run`: all of it without Airflow."""

from argparse import ArgumentParser

from jobs import docs, summary
from jobs.command.parser import runs
from pipeline import all_jobs
from pipeline.context import Context
from pipeline.results.everybody import ChainRun

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """It takes none of its own."""
    runs(verb, run)


def run(context: Context, as_json: bool) -> ChainRun:
    """Take in the gating sources, then the others; build, train, approve where allowed, decide.

    A source that fails doesn't hold up what can do without it: what decisions do then is the policy's to say.

    Raises:
        FieldstoneError: sources failed. If a gating one did, nothing followed it.
    """
    taken = all_jobs.take_in(context)
    with taken.each("features to decisions"):
        built, trained = all_jobs.learn(context)
        docs.run(context)
        decided = all_jobs.approve_and_decide(context)
        counted = summary.run(context, as_json)
    taken.end()
    return ChainRun(tuple(taken.ingested), tuple(taken.refined), built, trained, decided, counted)
