"""`fieldstone train MODEL`: fit, explain, register; a version that passes its gates becomes challenger."""

import hashlib
import json
from datetime import UTC, datetime

import pandas as pd

from conf.model import ModelSpec
from jobs import declarations, members, protected, reports, tracking, training_data
from jobs.context import Context
from jobs.tracking import MlflowClient, ModelVersion
from models import admission, limit, report
from models.record import FitResult

_KINDS = {"admission": admission, "limit": limit}


def run(context: Context, model_name: str) -> None:
    """Train one model on what is in gold; nothing happens if a version was trained on exactly that.

    Raises:
        FieldstoneError: the law or the contracts forbid it, or the data can't be learnt from.
    """
    workspace = context.workspace
    spec = workspace.model(model_name)
    training_data.refuse_unlawful(spec, workspace)
    data = training_data.frame(context)
    tags = training_data.lineage(context, spec, data)
    tags["fingerprint"] = _fingerprint(spec, workspace.policy, tags)
    members.record(context, model_name, tags["fingerprint"], data)
    client = tracking.connect(workspace.settings)
    if version := tracking.trained(client, model_name, tags["fingerprint"]):
        told = f"nothing new, version {version.version} was trained on this"
    else:
        version = _train(context, client, spec, data, tags)
        told = f"version {version.version}, {version.tags['gates']}"
    # here and not at registration, so that a version whose run was killed in between is put up as well
    tracking.put_up(client, version)
    awaits = tracking.awaits_approval(tracking.version(client, model_name, version.version))
    # the words that the review in Airflow looks for
    print(f"train {model_name}: {told}" + (f"; {model_name}:{version.version} awaits approval" if awaits else ""))


def _train(
    context: Context, client: MlflowClient, spec: ModelSpec, data: pd.DataFrame, tags: dict[str, str]
) -> ModelVersion:
    """Fit, explain and register."""
    workspace, started = context.workspace, datetime.now(UTC)
    features = declarations.feature_set(workspace)
    result = _KINDS[spec.kind].fit(data, spec, features.monotone, workspace.policy, protected.groups(context, data))
    catalogue = {column.name: column for column in features.columns}
    page = report.page(result, data, spec, catalogue, tags, workspace.policy)
    reports.write(workspace, f"models/{spec.name}.html", page)
    tags |= {"started_at": started.isoformat(), "gates": _gates(result), "passed": str(result.record.passed).lower()}
    tags["proxies"] = ", ".join(result.predictor.hidden) or "none"
    record = json.dumps(result.record.as_dict(), indent=2, ensure_ascii=False)
    pages = {"report.html": page, "record.json": record}
    return tracking.register(client, workspace.settings, spec.name, result, pages, tags)


def _fingerprint(spec: ModelSpec, policy, tags: dict[str, str]) -> str:
    """What makes a training the same: data, declarations, spec and policy, and the software."""
    names = ("data_sha256", "contracts_sha256", "software", "data_as_of")
    stated = [tags[name] for name in names] + [spec.model_dump_json(), policy.model_dump_json() if policy else ""]
    return hashlib.sha256("\n".join(stated).encode()).hexdigest()


def _gates(result: FitResult) -> str:
    told = [f"{g.metric} {g.value:.3f} {'passed' if g.passed else 'FAILED'}" for g in result.record.gates]
    return ", ".join(told) or "no gates"
