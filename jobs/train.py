"""`fieldstone train MODEL`: fit, explain, register; a version that passes its gates becomes challenger."""

import hashlib
import json
from datetime import UTC, datetime

import pandas as pd
from pyspark.sql import functions as F

from conf.contract import Purpose
from conf.model import ModelSpec
from jobs import declarations, reports, tracking, training_data
from jobs.context import Context
from jobs.tracking import ModelVersion
from models import admission, fairness, limit, report
from models.record import FitResult

_KINDS = {"admission": admission, "limit": limit}
_PROTECTED = "silver_bank__customer"


def run(context: Context, model_name: str) -> None:
    """Train one model on what is in gold; nothing happens if a version was trained on exactly that.

    Raises:
        FieldstoneError: the law or the contracts forbid it, or the data can't be learnt from.
    """
    workspace, started = context.workspace, datetime.now(UTC)
    spec = workspace.model(model_name)
    training_data.refuse_unlawful(spec, workspace)
    data = training_data.frame(context)
    tags = training_data.lineage(context, spec, data)
    tags["fingerprint"] = _fingerprint(spec, workspace.policy, tags)
    client = tracking.connect(workspace.settings)
    if version := tracking.trained(client, model_name, tags["fingerprint"]):
        print(f"train {model_name}: nothing new, version {version.version} was trained on this{_awaits(version)}")
        return
    features = declarations.feature_set(workspace)
    result = _KINDS[spec.kind].fit(data, spec, features.monotone, workspace.policy)
    catalogue = {column.name: column for column in features.columns}
    groups = _groups(context, spec, data, result)
    page = report.page(result, data, spec, catalogue, tags, workspace.policy, groups)
    reports.write(workspace, f"models/{model_name}.html", page)
    tags |= {"started_at": started.isoformat(), "gates": _gates(result)}
    record = json.dumps(result.record.as_dict(), indent=2, ensure_ascii=False)
    pages = {"report.html": page, "record.json": record}
    number = tracking.register(client, workspace.settings, model_name, result, pages, tags)
    if result.record.passed:
        tracking.set_alias(client, model_name, tracking.CHALLENGER, number)
    registered = tracking.version(client, model_name, number)
    print(f"train {model_name}: version {number}, {tags['gates']}{_awaits(registered) or '; rejected'}")


def _awaits(version: ModelVersion) -> str:
    """Words that the review in Airflow looks for: it passed its gates, and nobody has put it in force yet."""
    return f"; {version.name}:{version.version} awaits approval" if tracking.awaits_approval(version) else ""


def _fingerprint(spec: ModelSpec, policy, tags: dict[str, str]) -> str:
    """What makes a training the same: data, declarations, spec and policy, and the software."""
    names = ("data_sha256", "contracts_sha256", "software", "data_as_of")
    stated = [tags[name] for name in names] + [spec.model_dump_json(), policy.model_dump_json() if policy else ""]
    return hashlib.sha256("\n".join(stated).encode()).hexdigest()


def _gates(result: FitResult) -> str:
    told = [f"{g.metric} {g.value:.3f} {'passed' if g.passed else 'FAILED'}" for g in result.record.gates]
    return ", ".join(told) or "no gates"


def _groups(context: Context, spec: ModelSpec, data: pd.DataFrame, result: FitResult) -> dict[str, pd.DataFrame]:
    """How the admission model treats the sexes; protected attributes are read for this and nothing else."""
    policy = context.workspace.policy
    if spec.kind != "admission" or policy is None or not context.lake.exists(_PROTECTED):
        return {}
    customers = context.lake.read(_PROTECTED, purpose=Purpose.FAIRNESS_TESTING, as_of=context.as_of)
    sexes = customers.groupBy("subject_key").agg(F.max("sex").alias("sex")).toPandas()
    labelled = data[data[spec.label].notna()].merge(sexes, on="subject_key", how="left")
    pd_ = result.predictor.predict_pd(labelled)
    return {"sex": fairness.by_group(pd_ <= policy.decline_pd, labelled[spec.label], pd_, labelled["sex"])}
