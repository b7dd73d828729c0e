"""The only MLflow client: runs, registered versions, their files and aliases."""

import math
import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

# no telemetry, no version checks: the platform connects only to configured services
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
# an input example would store rows of real people, so there is none, and MLflow's reminder is switched off
warnings.filterwarnings("ignore", message=".*An input example was not provided")

import mlflow
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.data.delta_dataset_source import DeltaDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Metric, Param
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types.schema import ColSpec, DataType, Schema
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from conf.schema import naming
from conf.schema.clock import minute
from conf.schema.errors import NotFound
from conf.schema.settings import Settings
from pipeline.registry import provenance, registry_identity, relocated

CHALLENGER, CHAMPION = "challenger", "champion"
RETIRED = "retired_at"  # a tag, because any version may lack an alias
REJECTED = "rejected_at"  # a tag of versions that somebody has rejected, which are never promoted again
SENT_BACK = "sent_back_at"  # a tag of versions that a reviewer sent back to be improved
RELEASE = "release"  # a tag: the release by which a version was approved, as in the audit trail
PREDICTOR, REPORT, RECORD, CUSTOMERS = "predictor.json", "report.html", "record.json", "customers.html"
PAPER = "report.pdf"  # the printed report, if a browser was installed to print it
BACKDATED = "backdated_as_of"  # a tag of versions trained as of an earlier day, for experiments only
TABLE_ROWS = "table_rows"  # a tag: number of rows of each table that a version learnt from, as JSON
KIND_SHA256 = "kind_sha256"  # a tag: SHA-256 of the kind's file, if the kind is the workspace's own
LEAN_ROWS = "lean_rows"  # a tag: rows of each table in its leanest period, as JSON (`decisions.data_coverage`)
_DIGEST = 36  # length to which MLflow cuts a dataset's digest
_REQUIREMENTS = ("xgboost-cpu", "numpy", "pandas", "mlflow", "fieldstone")


def connect(settings: Settings) -> MlflowClient:
    """A client of the store that the settings name.

    Raises:
        Conflict, IntegrityError: the registry and the lake don't belong together.
    """
    client = opened(settings)
    registry_identity.require(client, settings.home)
    return client


def opened(settings: Settings) -> MlflowClient:
    """Point MLflow at the settings' store and return a client; the first job creates the store while others wait.

    If the state folder was moved, the store's addresses of artifacts are corrected first.
    """
    folder = settings.home / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_registry_uri(settings.tracking_uri)
    # without the lock, several jobs would migrate an empty store at once, and all but one would fail
    with FileLock(folder / "store.lock"):
        client = MlflowClient()
        client.search_registered_models(max_results=1)
        relocated.follow(settings)
    return client


def trained(client: MlflowClient, model: str, fingerprint: str) -> list[ModelVersion]:
    """The versions with this fingerprint, which were trained on exactly these inputs."""
    return client.search_model_versions(f"name = '{model}' AND tags.fingerprint = '{fingerprint}'")


def known(client: MlflowClient, model: str, number: str) -> ModelVersion:
    """A registered version with its aliases.

    Raises:
        NotFound: there is no version with this number.
    """
    with suppress(MlflowException):
        registered = client.get_model_version(model, number)
        if str(registered.version) == number:  # MLflow reads 01 as 1
            return registered
    there = ", ".join(str(each.version) for each in versions(client, model)) or "none"
    raise NotFound(f"model {model} has no version {number}; it has {there}")


def awaits_approval(version: ModelVersion) -> bool:
    """Whether a version passed its gates and isn't in force."""
    return CHALLENGER in version.aliases and CHAMPION not in version.aliases


def register(
    client: MlflowClient,
    settings: Settings,
    model: str,
    result,
    pages: dict[str, str],
    tags: dict[str, str],
    kind: Path | None = None,
) -> ModelVersion:
    """Log a fit as a run and register it as a new version.

    Args:
        result: `FitResult`; its record's metrics and parameters are logged.
        pages: file name → text, logged as artifacts (report, record, customers' page).
        tags: of the version; see `provenance.REQUIRED_TAGS`.
        kind: file of the workspace's own kind of model, stored with the predictor so that MLflow can serve it.

    Returns:
        The new version.

    Raises:
        ContractError: a required tag is missing.
    """
    provenance.require(model, tags)
    experiment = _experiment(client, settings, model)
    name = f"{model} {tags['data_as_of'][:10]} {tags['fingerprint'][:8]}"
    with mlflow.start_run(experiment_id=experiment, run_name=name, description=_described(tags, model)) as run:
        for dataset in _learnt_from(tags):
            mlflow.log_input(dataset, context="training")
        mlflow.log_params({k: str(v) for k, v in result.record.params.items()})
        mlflow.log_metrics({name: value for name, value in result.record.metrics.items() if math.isfinite(value)})
        _log_trials(client, experiment, run.info.run_id, result.record.search)
        for name, text in pages.items():
            mlflow.log_text(text, name)
        with tempfile.TemporaryDirectory() as folder:
            predictor, scorer = Path(folder) / PREDICTOR, Path(folder) / "scorer.py"
            predictor.write_text(result.predictor.to_json(), encoding="utf-8")
            # our own copy, because MLflow keeps the mode of the file that it copies
            scorer.write_bytes(Path(__file__).with_name(scorer.name).read_bytes())
            logged = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(scorer),
                artifacts={"predictor": str(predictor)} | ({"kind": str(kind)} if kind else {}),
                signature=_signature(result.predictor),
                pip_requirements=[f"{name}=={installed(name)}" for name in _REQUIREMENTS],
            )
    version = mlflow.register_model(logged.model_uri, model, tags=tags | {"run_id": run.info.run_id})
    return client.update_model_version(model, version.version, _described(tags, f"{model}:{version.version}"))


def _log_trials(client: MlflowClient, experiment: str, parent: str, search: dict[str, Any]) -> None:
    """Log the trials of a record, with their parameters, mean loss and outcome.

    Args:
        parent: id of the training's run.
        search: part of the record; empty if there were no trials.
    """
    for trial in search.get("trials", ()):
        _log_trial(client, experiment, parent, trial, trial["number"] == search["chosen"])


def _log_trial(client: MlflowClient, experiment: str, parent: str, trial: dict[str, Any], is_chosen: bool) -> None:
    ended = "chosen" if is_chosen else "pruned" if trial["pruned"] else "finished"
    tags = {MLFLOW_PARENT_RUN_ID: parent, "ended": ended}
    run = client.create_run(experiment, tags=tags, run_name=f"trial {trial['number'] + 1}").info.run_id
    now = int(time.time() * 1000)
    metrics = [Metric("loss", trial["loss"], now, 0), Metric("folds", trial["folds"], now, 0)]
    client.log_batch(run, metrics, [Param(name, str(value)) for name, value in trial["params"].items()])
    client.set_terminated(run)


def _described(tags: dict[str, str], about: str) -> str:
    """Description of a version on the registry's pages; `about` is the term to look up in the audit trail."""
    return (
        f"Trained by {tags['trainer']} on {int(tags['data_rows']):,} rows as of {minute(tags['data_as_of'])}; gates: "
        f"{tags['gates']}. Whether it is in force is what the audit trail says: fieldstone audit show --about {about}."
    )


def _learnt_from(tags: dict[str, str]) -> Iterator[MetaDataset]:
    """The tables that a version learnt from, by name and Delta version, without any row or path."""
    for table, number in naming.versions(tags["data_versions"]).items():
        source = DeltaDatasetSource(path=f"lake/{table}", delta_table_version=number)
        yield MetaDataset(source, name=table, digest=tags["data_sha256"][:_DIGEST])


def artifact(client: MlflowClient, version: ModelVersion, name: str) -> bytes | None:
    """A file of a version as stored: data that is read and never executed; None if there is no such file.

    Args:
        name: `PREDICTOR`, `REPORT`, `RECORD`, `CUSTOMERS` or `PAPER`.
    """
    place = f"models:/{version.name}/{version.version}/artifacts" if name == PREDICTOR else f"runs:/{_run(version)}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = download_artifacts(artifact_uri=f"{place}/{name}", dst_path=folder)
            return Path(path).read_bytes()
        except (MlflowException, OSError):
            return None


def keep(client: MlflowClient, version: ModelVersion, name: str, content: bytes) -> None:
    """Store a file next to the report of a registered version."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        client.log_artifact(_run(version), str(path))


def _run(version: ModelVersion) -> str:
    return version.tags.get("run_id") or version.run_id or ""


def promote_to_challenger(client: MlflowClient, version: ModelVersion) -> None:
    """Make a version challenger if it passed its gates, isn't in force, wasn't ended and wasn't trained backdated."""
    champion = by_alias(client, version.name, CHAMPION)
    if champion and champion.version == version.version:
        return
    if version.tags.get("passed") == "true" and not {RETIRED, REJECTED, SENT_BACK, BACKDATED} & version.tags.keys():
        client.set_registered_model_alias(version.name, CHALLENGER, version.version)


def promote_to_champion(client: MlflowClient, version: ModelVersion) -> None:
    """Give a version the alias champion, and take the alias challenger from it."""
    client.set_registered_model_alias(version.name, CHAMPION, version.version)
    challenger = by_alias(client, version.name, CHALLENGER)
    if challenger and challenger.version == version.version:
        client.delete_registered_model_alias(version.name, CHALLENGER)


def tag(client: MlflowClient, version: ModelVersion, notes: dict[str, str]) -> None:
    """Write tags to a version."""
    for name, value in notes.items():
        client.set_model_version_tag(version.name, version.version, name, value)


def remove_aliases(client: MlflowClient, version: ModelVersion) -> None:
    """Remove all aliases of a version."""
    for alias in version.aliases:
        client.delete_registered_model_alias(version.name, alias)


def by_alias(client: MlflowClient, model: str, alias: str) -> ModelVersion | None:
    """The version that an alias points at, None if there is none."""
    try:
        return client.get_model_version_by_alias(model, alias)
    except MlflowException:
        return None


def _experiment(client: MlflowClient, settings: Settings, model: str) -> str:
    name = f"fieldstone/{model}"
    experiment = client.get_experiment_by_name(name)
    if experiment:
        return experiment.experiment_id
    is_served = (settings.mlflow_uri or "").startswith("http")  # then the MLflow server stores and serves the artifacts
    return client.create_experiment(name, artifact_location=None if is_served else relocated.artifacts(settings))


def _signature(predictor) -> ModelSignature:
    inputs = Schema([ColSpec(DataType.double, name, required=False) for name in predictor.features])
    outputs = Schema([ColSpec(DataType.double, name) for name in predictor.outputs])
    return ModelSignature(inputs=inputs, outputs=outputs)


def versions(client: MlflowClient, model: str) -> list[ModelVersion]:
    """All versions of a model, oldest first, with their aliases."""
    registered = client.search_model_versions(f"name = '{model}'")
    return sorted((client.get_model_version(model, v.version) for v in registered), key=lambda v: int(v.version))


def metrics_of(client: MlflowClient, version: ModelVersion) -> dict[str, float]:
    """Metrics of the run behind a version."""
    return dict(client.get_run(version.tags["run_id"]).data.metrics)
