"""Every job in order, without Airflow."""

from conf.schema.source import Source
from pipeline import refine
from pipeline.context import Context
from pipeline.decisions import decide
from pipeline.failures import Tried
from pipeline.features import build
from pipeline.ingest import run as ingest
from pipeline.registry import tracking
from pipeline.releases import model_release, policy_release
from pipeline.trail import sandbox_approval
from pipeline.training import train


def take_in(context: Context) -> Tried:
    """Ingest and refine every source, gating ones first; returns what failed.

    Raises:
        FieldstoneError: a gating source failed, so that nobody's data may be asked for.
    """
    sources = context.workspace.sources.values()
    _each(context, [source for source in sources if source.gates]).end()
    return _each(context, [source for source in sources if not source.gates])


def _each(context: Context, sources: list[Source]) -> Tried:
    tried = Tried()
    for source in sources:
        for name, job in (("ingest", ingest), ("refine", refine)):
            with tried.each(f"{name} {source.name}"):
                job.run(context, source.name)
    return tried


def learn(context: Context) -> None:
    """From silver to trained models."""
    build.run(context)
    for model in context.workspace.models:
        train(context, model)


def approve_as_sandbox(context: Context) -> None:
    """Let the sandbox's reviewer approve the policy and every challenger.

    Raises:
        FieldstoneError: the settings don't let it.
    """
    who = {"approver": sandbox_approval.REVIEWER, "why": sandbox_approval.WHY, "sandbox": True}
    workspace = context.workspace
    if workspace.policy is not None:
        policy_release.approve(context, **who)
    client = tracking.connect(workspace.settings)
    for model in workspace.models:
        if challenger := tracking.by_alias(client, model, tracking.CHALLENGER):
            model_release.approve(context, model, str(challenger.version), **who)


def approve_and_decide(context: Context) -> None:
    """Approve where the settings let the sandbox do it, and decide where there is a policy."""
    workspace = context.workspace
    if workspace.settings.sandbox_approval:
        approve_as_sandbox(context)
    if workspace.policy is not None:
        decide.run(context)
