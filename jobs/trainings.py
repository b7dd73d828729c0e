"""Trainings in the audit trail: what was fitted, and which registered version it became.

An entry tells of a fit before it is registered, so that a version in the registry counts as trained only if it is the
very thing that was fitted. Nothing that somebody else puts there is ever taken for it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from conf.errors import FieldstoneError
from jobs import declarations, policy_in_use, redactions, tracking
from jobs.context import Context
from jobs.releases import digest
from jobs.tracking import PREDICTOR, MlflowClient, ModelVersion
from lake.audit import Entry
from models.record import FitResult

_FIT, TRAIN = "fit", "train"
_FIGURES = ("auc_in_time", "auc_oot", "ks_oot", "brier_oot", "coverage_oot", "pinball_gain_oot", "score_psi")


@dataclass(frozen=True)
class Training:
    """What the trail tells of a version's making.

    Attributes:
        trainer: who had it trained.
        facts: `made` (its tags in the registry), `files` (SHA-256 by name), `figures`, `gates`, `spec_sha256`, `spec`,
            `fingerprint`.
    """

    trainer: str
    facts: dict[str, Any]

    @property
    def made(self) -> dict[str, str]:
        """What the registry has to say of the version, by tag."""
        return self.facts["made"]

    @property
    def files(self) -> dict[str, str]:
        """SHA-256 of its predictor, report and record, by name."""
        return self.facts["files"]


def register(
    context: Context, client: MlflowClient, model: str, result: FitResult, pages: dict[str, str], made: dict[str, str]
) -> ModelVersion:
    """Tell the trail of a fit, then register it as a new version; `note` says which one it became.

    Args:
        pages: `REPORT` and `RECORD`, as text.
        made: tags of the version, see `tracking.REQUIRED_TAGS`.

    Raises:
        FieldstoneError: a required tag is missing.
    """
    tracking.require_tags(model, made)
    files = {PREDICTOR: result.predictor.to_json(), **pages}
    figures = {name: result.record.metrics[name] for name in _FIGURES if name in result.record.metrics}
    gates = [asdict(gate) | {"value": repr(float(gate.value))} for gate in result.record.gates]
    facts = {
        "model": model,
        "fingerprint": made["fingerprint"],
        "files": {name: digest(text.encode()) for name, text in files.items()},
        "figures": {name: repr(float(value)) for name, value in figures.items()},
        "gates": gates,
        "spec_sha256": declarations.spec_sha256(context.workspace.model(model)),
        "spec": declarations.stated(context.workspace.model(model)),
        "made": made,
    }
    context.trail.record(made["trainer"], _FIT, **facts)
    return tracking.register(client, context.workspace.settings, model, result, pages, made)


def known(context: Context, client: MlflowClient, model: str, fingerprint: str) -> ModelVersion | None:
    """The version that was trained on exactly these inputs, as it was fitted, if there is one."""
    entries = context.trail.entries()
    for version in tracking.trained(client, model, fingerprint):
        training = _of(entries, model, str(version.version)) or _fit(entries, client, version)
        if training and not changed_files(entries, client, version, training.files):
            return version
    return None


def note(context: Context, client: MlflowClient, version: ModelVersion) -> None:
    """Let the trail know once which version a fit became, before it is put up, whichever run has registered it."""
    entries = context.trail.entries()
    if _of(entries, version.name, str(version.version)):
        return
    fit = _fit_entry(entries, client, version)
    if fit is None:
        raise FieldstoneError(f"{version.name}:{version.version} isn't what any training fitted; train it again")
    made = json.loads(fit.details)["made"]
    names = ("passed", "gates", "fingerprint", "data_sha256", "contracts_sha256", "code_version")
    told = {name: made.get(name) for name in names} | {"policy_sha256": policy_in_use.told(context)}
    context.trail.record(fit.actor, TRAIN, model=version.name, version=str(version.version), fit=fit.number, **told)


def of(entries: Iterable[Entry], model: str, number: str) -> Training:
    """What the trail tells of a version's making.

    Raises:
        FieldstoneError: nothing, so that nobody knows what it is.
    """
    if training := _of(list(entries), model, number):
        return training
    raise FieldstoneError(
        f"{model}:{number} comes of no training that the audit trail knows of, or of one of before there were "
        f"releases; train the model again (fieldstone train {model})"
    )


def trainer(entries: Iterable[Entry], version: ModelVersion) -> str | None:
    """Who trained a version: by the trail, or as the registry has it where the trail tells nothing."""
    training = _of(list(entries), version.name, str(version.version))
    return training.trainer if training else version.tags.get("trainer")


def changed_files(
    entries: list[Entry], client: MlflowClient, version: ModelVersion, files: dict[str, str]
) -> list[str]:
    """Files of a version that aren't as they were, nor as an erasure has left them, or are gone."""
    known = {name: redactions.successors(entries, digest) for name, digest in files.items()}
    return [name for name in files if _sha256(client, version, name) not in known[name]]


def _sha256(client: MlflowClient, version: ModelVersion, name: str) -> str | None:
    content = tracking.artifact(client, version, name)
    return None if content is None else digest(content)


def _of(entries: list[Entry], model: str, number: str) -> Training | None:
    for entry in entries:
        if entry.action == TRAIN and "fit" in (told := json.loads(entry.details)):
            fit = entries[told["fit"] - 1]
            if (told["model"], told["version"], fit.action) == (model, number, _FIT):
                return _training(fit)
    return None


def _training(fit: Entry) -> Training:
    return Training(fit.actor, json.loads(fit.details))


def _fit(entries: list[Entry], client: MlflowClient, version: ModelVersion) -> Training | None:
    fit = _fit_entry(entries, client, version)
    return fit and _training(fit)


def _fit_entry(entries: list[Entry], client: MlflowClient, version: ModelVersion) -> Entry | None:
    """The last fit of this model that gave what the version holds."""
    fits = [entry for entry in entries if entry.action == _FIT and json.loads(entry.details)["model"] == version.name]
    return next((fit for fit in reversed(fits) if _gave(entries, client, version, fit)), None)


def _gave(entries: list[Entry], client: MlflowClient, version: ModelVersion, fit: Entry) -> bool:
    return not changed_files(entries, client, version, json.loads(fit.details)["files"])
