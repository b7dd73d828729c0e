"""Runs all jobs in order, without Airflow."""

from conf.schema.source import Source
from pipeline import refine
from pipeline.context import Context
from pipeline.decisions import decide
from pipeline.failures import Tried
from pipeline.features import build
from pipeline.ingest import run as ingest
from pipeline.registry import tracking
from pipeline.releases import model_release, policy_release
from pipeline.results.data_engineers import SourceRun
from pipeline.results.modelers import Built, Decided, Trained
from pipeline.trail import sandbox_approval
from pipeline.training import train


class TakenIn(Tried):
    """The failures, and the ingested and refined batches, by source."""

    def __init__(self) -> None:
        super().__init__()
        self.ingested: list[SourceRun] = []
        self.refined: list[SourceRun] = []


def take_in(context: Context) -> TakenIn:
    """Ingest and refine every source, gating ones first.

    Raises:
        FieldstoneError: a gating source failed, so that no person's data may be pulled.
    """
    sources, taken = context.workspace.sources.values(), TakenIn()
    _each(context, [source for source in sources if source.gates], taken)
    taken.end()
    _each(context, [source for source in sources if not source.gates], taken)
    return taken


def _each(context: Context, sources: list[Source], taken: TakenIn) -> None:
    for name in (source.name for source in sources):
        for stage, job, done in (("ingest", ingest, taken.ingested), ("refine", refine, taken.refined)):
            with taken.each(f"{stage} {name}"):
                done.append(SourceRun.of(name, job.run(context, name)))


def learn(context: Context) -> tuple[Built, tuple[Trained, ...]]:
    """From silver to trained models."""
    return build.run(context), tuple(train(context, model) for model in context.workspace.models)


def approve_as_sandbox(context: Context) -> None:
    """Let the sandbox's reviewer approve the policy and every challenger.

    Raises:
        FieldstoneError: the settings don't allow it.
    """
    who = {"approver": sandbox_approval.REVIEWER, "why": sandbox_approval.WHY, "sandbox": True}
    workspace = context.workspace
    if workspace.policy is not None:
        policy_release.approve(context, **who)
    client = tracking.connect(workspace.settings)
    for model in workspace.models:
        if challenger := tracking.by_alias(client, model, tracking.CHALLENGER):
            model_release.approve(context, model, str(challenger.version), **who)


def approve_and_decide(context: Context) -> Decided | None:
    """Approve if the settings allow the sandbox to, and decide; None if there is no policy."""
    workspace = context.workspace
    if workspace.settings.sandbox_approval:
        approve_as_sandbox(context)
    return decide.run(context) if workspace.policy is not None else None
