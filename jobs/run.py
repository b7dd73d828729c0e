"""`fieldstone run`: run all steps without Airflow.

fieldstone run --workspace examples/sba_farm
"""

from argparse import ArgumentParser

from jobs import docs, summary
from jobs.command.parser import runs
from pipeline.context import Context
from pipeline.results.everybody import ChainRun

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """Declare no arguments of its own."""
    runs(verb, run)


def run(context: Context, as_json: bool) -> ChainRun:
    """Ingest the gating sources, then the others; build, train, approve if that is allowed, and decide.

    If a source fails, the steps that can do without it go on; the policy says how decisions are made then.

    Raises:
        FieldstoneError: sources failed. After a failed gating source, no further step was run.
    """
    from pipeline import all_jobs

    taken = all_jobs.take_in(context)
    with taken.each("features to decisions"):
        built, trained = all_jobs.learn(context)
        docs.run(context)
        decided = all_jobs.approve_and_decide(context)
        counted = summary.run(context, as_json)
    taken.end()
    return ChainRun(tuple(taken.ingested), tuple(taken.refined), built, trained, decided, counted)
