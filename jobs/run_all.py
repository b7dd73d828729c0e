"""`fieldstone run`: every job in order, without Airflow."""

from jobs import approve, build_features, decide, docs, refine, summary, train
from jobs.context import Context
from jobs.ingest import run as ingest

SANDBOX_REVIEWER = "sandbox-reviewer"


def run(context: Context) -> None:
    """Ingest and refine the gating sources, then the others; build, train, approve where allowed, decide."""
    learn(context)
    docs.run(context)
    _approve_and_decide(context)
    summary.run(context, as_json=False)


def learn(context: Context) -> None:
    """From what the partners have sent to trained models."""
    workspace = context.workspace
    for source in sorted(workspace.sources.values(), key=lambda source: not source.gates):
        ingest.run(context, source.name)
        refine.run(context, source.name)
    build_features.run(context)
    for model in workspace.models:
        train.run(context, model)


def _approve_and_decide(context: Context) -> None:
    workspace = context.workspace
    if workspace.settings.sandbox_approval:
        for model in workspace.models:
            approve.run(context, model, approver=SANDBOX_REVIEWER, sandbox=True)
    if workspace.policy is not None:
        decide.run(context)
