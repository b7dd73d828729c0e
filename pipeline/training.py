"""Fits, explains and registers a model; a version that passes its gates becomes challenger."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from conf.schema import finding_answers
from conf.schema.clock import local
from conf.schema.column import Text
from conf.schema.counts import counted
from conf.schema.model import ModelSpec
from models import joining, recourse_shares, reject_inference, report, seasonality
from models.record import FitResult, GateOutcome
from models.validation import of_fit
from pipeline import contracts
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.decisions import data_coverage
from pipeline.features import kinds
from pipeline.registry import (
    groupings,
    optional_sources,
    parameter_search,
    protected_groups,
    provenance,
    statements,
    tracking,
    training_data,
    training_subjects,
    trainings,
)
from pipeline.registry.tracking import MlflowClient, ModelVersion
from pipeline.releases import champions, customer_page, model_pages
from pipeline.results.modelers import Trained
from pipeline.trail import releases

LOG = logging.getLogger(__name__)


def train(context: Context, model_name: str) -> Trained:
    """Train one model on the data in gold; nothing happens if a version was trained on exactly these data.

    A back-dated run uses its own tables, for an experiment: its version can never become challenger or be
    approved. Its subjects are recorded as for any other version.

    Raises:
        FieldstoneError: a withdrawal may be unknown, a contract's grounds changed, the law or the contracts forbid it,
            features weren't built by the present declarations, or the data can't train a model.
    """
    if not context.is_backdated:
        context.require_present("train")
    context.trail.require_whole()
    withdrawals.require_settled(context, "train")
    contracts.require_grounds(context)
    workspace, features = context.workspace, training_data.features(context.workspace)
    spec = training_data.spec_of(workspace, model_name)
    reject_inference.require_able(spec)
    training_data.refuse_unlawful(spec, workspace)
    names = spec.reads(features.names)
    data, declined = training_data.frame(context, names), training_data.declined(context, spec, names)
    groups = protected_groups.groups(context, data)
    subjects = training_subjects.learnt_from(context, data)
    stated = statements.of_training(workspace, spec, groups)
    tags = training_data.lineage(context, spec, data, subjects, stated)
    data = groupings.joined(context, data, spec)
    unconsented = data.drop(columns=["consent_ids"])
    backdated = context.as_of if context.is_backdated else None
    tags["fingerprint"] = training_data.fingerprint(
        spec=spec,
        policy=workspace.policy,
        features=features,
        data=unconsented,
        protected=groups,
        backdated=backdated,
        optional=optional_sources.scopes(workspace),
        validation=workspace.validation,
        declined=declined,
        kind=tags.get(tracking.KIND_SHA256),
    )
    training_subjects.record(context, model_name, tags["fingerprint"], subjects)
    client = tracking.connect(workspace.settings)
    known = trainings.known(context, client, model_name, tags["fingerprint"])
    version = known or _train(context, client, spec, data, declined, groups, tags, stated)
    is_known = f"nothing new, version {version.version} was trained on this"
    message = is_known if known else f"version {version.version}, {version.tags['gates']}"
    trainings.note(context, client, version)
    # here and not at registration, so that a version whose run was killed before this step is promoted as well
    if not releases.why_ended(context.trail.entries(), model_name, str(version.version)):
        tracking.promote_to_challenger(client, version)
    model_pages.publish(context, client, model_name)
    awaits = tracking.awaits_approval(client.get_model_version(model_name, version.version))
    message += f"; {model_name}:{version.version} awaits approval" if awaits else ""
    message += f"; an experiment as of {context.as_of.isoformat()}, never to be approved" if backdated else ""
    LOG.info(f"train {model_name}: {message}", extra={"model": model_name, "version": str(version.version)})
    red = trainings.of(context.trail.entries(), model_name, str(version.version)).red_findings if awaits else ()
    if red:
        LOG.warning(f"train {model_name}: {to_answer(model_name, str(version.version), red)}")
    challenger = f"{model_name}:{version.version}" if awaits else None
    return Trained(model_name, str(version.version), known is None, version.tags["gates"], challenger)


def to_answer(model: str, version: str, red: Sequence[str]) -> str:
    """Text on the red findings of a version, with the command that approves it and answers each of them."""
    typed = " ".join(map(finding_answers.BY_COMMAND.format, red))
    return (
        f"{counted(len(red), 'red finding')}, see the validation in its report: {', '.join(red)}; an approval "
        f"answers each: fieldstone approve {model} {version} --approver NAME --why TEXT {typed}"
    )


def _train(
    context: Context,
    client: MlflowClient,
    spec: ModelSpec,
    data: pd.DataFrame,
    declined: pd.DataFrame | None,
    groups: pd.DataFrame | None,
    tags: dict[str, str],
    stated: Mapping[str, Text],
) -> ModelVersion:
    """Fit, explain and register.

    Args:
        stated: what `tags` say in sentences, in both languages.
    """
    workspace, started = context.workspace, local(datetime.now(UTC), context.zone)
    features, kind = training_data.features(workspace), kinds.of(workspace, spec.kind)
    tags |= {
        "started_at": started.isoformat(timespec="seconds"),
        tracking.TABLE_ROWS: json.dumps(data_coverage.table_rows(context)),
        tracking.LEAN_ROWS: json.dumps(data_coverage.lean_rows(context)),
    }
    spec, search = parameter_search.searched(
        workspace.settings.home, spec, kind, data, features.monotone, tags["fingerprint"]
    )
    training_data.tell_constant(data, spec.name, spec.reads(features.names))
    result = kind.fit(data, spec, features.monotone, workspace.policy, groups, optional_sources.scopes(workspace))
    result = joining.recorded(result, data, spec, features.monotone, features.sources, kind, workspace.policy)
    result = reject_inference.recorded(result, data, declined, spec, features.monotone, workspace.policy)
    result = replace(result, record=replace(result.record, search=search))
    catalogue = {column.name: column for column in features.columns}
    result = of_fit.validated(
        result, data, spec, workspace.validation, context.as_of, kind, workspace.policy, groups, catalogue
    )
    result = seasonality.recorded(result, data, spec, catalogue, workspace.policy)
    result = recourse_shares.recorded(result, data, spec, catalogue, workspace.policy)
    tags["ended_at"] = local(datetime.now(UTC), context.zone).isoformat(timespec="seconds")
    settings = workspace.settings
    page = report.page(
        result,
        data,
        spec,
        catalogue,
        tags,
        workspace.policy,
        currency=settings.currency,
        languages=settings.languages,
        champion=champions.to_compare(context, client, spec.name),
        zone=context.zone,
        stated=stated,
        titles=statements.titles(workspace),
    )
    tags |= {
        "parameters": provenance.parameters(result.record.params),
        "parameters_history": provenance.parameters_history(search),
        "gates": _gates(result),
        "passed": str(result.record.passed).lower(),
        "proxies": ", ".join(result.predictor.hidden) or "none",
        "red_findings": ", ".join(result.record.red) or "none",
    }
    record = json.dumps(result.record.as_dict(), indent=2, ensure_ascii=False)
    for_customers = customer_page.page(workspace, spec, result.record, catalogue, tags["started_at"])
    pages = {tracking.REPORT: page, tracking.RECORD: record, tracking.CUSTOMERS: for_customers}
    return trainings.register(context, client, spec.name, result, pages, tags)


def _gates(result: FitResult) -> str:
    """Figures of a fit, the thresholds of its gates, and the results, as text."""
    return ", ".join(_gate(gate) for gate in result.record.gates) or "no gates"


def _gate(gate: GateOutcome) -> str:
    bounds = [f"{name} {bound:g}" for name, bound in (("min", gate.min), ("max", gate.max)) if bound is not None]
    return f"{gate.metric} {gate.value:.3f} ({', '.join(bounds)}) {'passed' if gate.passed else 'FAILED'}"
