"""Trainings in the audit trail: each fit, and the registered version that it became.

The entry of a fit is written before the fit is registered: a version in the registry counts as trained only if it is
exactly that fit. A version that somebody else puts there never counts.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conf.schema.errors import IntegrityError
from conf.schema.hashing import content_sha256
from lake.audit import Entry
from lake.release_documents import FitDocument, GateDocument
from models.record import FitResult, GateOutcome
from pipeline.context import Context
from pipeline.features import declarations, kinds
from pipeline.registry import pdf_report, provenance, tracking
from pipeline.registry.tracking import PREDICTOR, MlflowClient, ModelVersion
from pipeline.trail import policy_in_use, redactions

_FIT, TRAIN = "fit", "train"
_FIGURES = ("auc_in_time", "auc_oot", "ks_oot", "brier_oot", "coverage_oot", "pinball_gain_oot", "r2_oot", "score_psi")


@dataclass(frozen=True)
class Training:
    """The training of a version in the audit trail.

    Attributes:
        fit: the entry of the fit.
        note: the entry that names the version that it became.
    """

    fit: Entry
    note: Entry

    @property
    def trainer(self) -> str:
        """The person who had it trained."""
        return self.fit.actor

    @cached_property
    def facts(self) -> FitDocument:
        """The fit's document in the audit trail."""
        return json.loads(self.fit.details)

    @property
    def red_findings(self) -> tuple[str, ...]:
        """Tests of its validation that were red; each needs an answer before an approval."""
        return tuple(self.facts.get("red_findings", ()))

    @property
    def made(self) -> dict[str, str]:
        """The tags that the version must have in the registry."""
        return self.facts["made"]

    @property
    def files(self) -> dict[str, str]:
        """SHA-256 of its predictor, pages, record and printed report, by name."""
        return self.facts["files"] | json.loads(self.note.details).get("files", {})


def register(
    context: Context, client: MlflowClient, model: str, result: FitResult, pages: dict[str, str], made: dict[str, str]
) -> ModelVersion:
    """Record a fit in the audit trail, then register it as a new version; `note` records which version it became.

    Args:
        pages: `REPORT`, `RECORD` and `CUSTOMERS`, as text.
        made: tags of the version, see `provenance.REQUIRED_TAGS`.

    Raises:
        FieldstoneError: a required tag is missing.
    """
    provenance.require(model, made)
    files = {PREDICTOR: result.predictor.to_json(), **pages}
    figures = {name: result.record.metrics[name] for name in _FIGURES if name in result.record.metrics}
    facts: FitDocument = {
        "model": model,
        "fingerprint": made["fingerprint"],
        "files": {name: content_sha256(text.encode()) for name, text in files.items()},
        "figures": {name: repr(float(value)) for name, value in figures.items()},
        "gates": [_gate(gate) for gate in result.record.gates],
        "red_findings": list(result.record.red),
        "spec_sha256": declarations.spec_sha256(context.workspace.model(model)),
        "spec": declarations.stated(context.workspace.model(model)),
        "made": made,
    }
    context.trail.record(made["trainer"], _FIT, **facts)
    kind = kinds.own_file(context.workspace, result.record.kind)
    return tracking.register(client, context.workspace.settings, model, result, pages, made, kind)


def _gate(outcome: GateOutcome) -> GateDocument:
    return {
        "metric": outcome.metric,
        "value": repr(float(outcome.value)),
        "min": outcome.min,
        "max": outcome.max,
        "passed": outcome.passed,
    }


def known(context: Context, client: MlflowClient, model: str, fingerprint: str) -> ModelVersion | None:
    """The unchanged version that was trained on exactly these inputs; None if there is none."""
    entries = context.trail.entries()
    for version in tracking.trained(client, model, fingerprint):
        training = find(entries, model, str(version.version))
        fit = training.fit if training else _fit_entry(entries, client, version)
        if fit and _gave(entries, client, version, fit):
            return version
    return None


def note(context: Context, client: MlflowClient, version: ModelVersion) -> None:
    """Record once which version a fit became, whichever run registered it, before the version becomes challenger.

    Raises:
        IntegrityError: the audit trail has no fit of this version.
    """
    entries = context.trail.entries()
    if find(entries, version.name, str(version.version)):
        return
    fit = _fit_entry(entries, client, version)
    if fit is None:
        raise IntegrityError(f"{version.name}:{version.version} differs from what its training fitted; train it again")
    made = json.loads(fit.details)["made"]
    names = ("passed", "gates", "fingerprint", "data_sha256", "contracts_sha256", "code_version")
    details = {name: made.get(name) for name in names} | {"policy_sha256": policy_in_use.noted_sha256(context)}
    if printed := pdf_report.keep(context, client, version):
        details["files"] = {tracking.PAPER: content_sha256(printed)}
    context.trail.record(fit.actor, TRAIN, model=version.name, version=str(version.version), fit=fit.number, **details)


def of(entries: Iterable[Entry], model: str, number: str) -> Training:
    """The training of a version in the audit trail.

    Raises:
        IntegrityError: the audit trail has no training of this version, so its origin is unknown.
    """
    if training := find(list(entries), model, number):
        return training
    raise IntegrityError(
        f"{model}:{number} was made by no training in the audit trail, or by one before releases existed; train the "
        f"model again (fieldstone train {model})"
    )


def find(entries: Sequence[Entry], model: str, number: str) -> Training | None:
    """The training of a version in the audit trail; None if there is none."""
    for entry in entries:
        if entry.action == TRAIN and "fit" in (details := json.loads(entry.details)):
            fit = _noted_fit(entries[: entry.number - 1], details)
            if fit and (details.get("model"), details.get("version")) == (model, number):
                return Training(fit, entry)
    return None


def changed_files(
    entries: list[Entry], client: MlflowClient, version: ModelVersion, files: dict[str, str]
) -> list[str]:
    """Files of a version that are missing, or differ from both their training and what an erasure made of them."""
    known = {name: redactions.successors(entries, digest) for name, digest in files.items()}
    return [name for name in files if _sha256(client, version, name) not in known[name]]


def _sha256(client: MlflowClient, version: ModelVersion, name: str) -> str | None:
    content = tracking.artifact(client, version, name)
    return None if content is None else content_sha256(content)


def _noted_fit(before: Sequence[Entry], details: dict[str, Any]) -> Entry | None:
    """The entry of the fit that a training refers to; None if the model has no such fit."""
    fit = next((entry for entry in before if entry.action == _FIT and entry.number == details["fit"]), None)
    return fit if fit and json.loads(fit.details).get("model") == details.get("model") else None


def _fit_entry(entries: list[Entry], client: MlflowClient, version: ModelVersion) -> Entry | None:
    """The last fit of this model whose files are those of the version."""
    fits = [entry for entry in entries if entry.action == _FIT and json.loads(entry.details)["model"] == version.name]
    return next((fit for fit in reversed(fits) if _gave(entries, client, version, fit)), None)


def _gave(entries: list[Entry], client: MlflowClient, version: ModelVersion, fit: Entry) -> bool:
    return not changed_files(entries, client, version, json.loads(fit.details)["files"])
