"""Trainings in the audit trail: what was fitted, and which registered version it became.

An entry tells of a fit before it is registered, so that a version in the registry counts as trained only if it is the
very thing that was fitted. Nothing that somebody else puts there is ever taken for it.
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
from pipeline.features import declarations
from pipeline.registry import kinds, pdf_report, provenance, tracking
from pipeline.registry.tracking import PREDICTOR, MlflowClient, ModelVersion
from pipeline.trail import policy_in_use, redactions

_FIT, TRAIN = "fit", "train"
_FIGURES = ("auc_in_time", "auc_oot", "ks_oot", "brier_oot", "coverage_oot", "pinball_gain_oot", "r2_oot", "score_psi")


@dataclass(frozen=True)
class Training:
    """What the trail tells of a version's making.

    Attributes:
        fit: the entry of what was fitted.
        note: the entry that says which version it became.
    """

    fit: Entry
    note: Entry

    @property
    def trainer(self) -> str:
        """Who had it trained."""
        return self.fit.actor

    @cached_property
    def facts(self) -> FitDocument:
        """What the trail tells of the fit."""
        return json.loads(self.fit.details)

    @property
    def red_findings(self) -> tuple[str, ...]:
        """Tests of its validation that were red; each needs an answer before an approval."""
        return tuple(self.facts.get("red_findings", ()))

    @property
    def made(self) -> dict[str, str]:
        """What the registry has to say of the version, by tag."""
        return self.facts["made"]

    @property
    def files(self) -> dict[str, str]:
        """SHA-256 of its predictor, pages, record and what was printed, by name."""
        return self.facts["files"] | json.loads(self.note.details).get("files", {})


def register(
    context: Context, client: MlflowClient, model: str, result: FitResult, pages: dict[str, str], made: dict[str, str]
) -> ModelVersion:
    """Tell the trail of a fit, then register it as a new version; `note` says which one it became.

    Args:
        pages: `REPORT`, `RECORD` and `CUSTOMERS`, as text.
        made: tags of the version, see `making.REQUIRED_TAGS`.

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
    """The version that was trained on exactly these inputs, as it was fitted, if there is one."""
    entries = context.trail.entries()
    for version in tracking.trained(client, model, fingerprint):
        training = find(entries, model, str(version.version))
        fit = training.fit if training else _fit_entry(entries, client, version)
        if fit and _gave(entries, client, version, fit):
            return version
    return None


def note(context: Context, client: MlflowClient, version: ModelVersion) -> None:
    """Let the trail know once which version a fit became, whichever run registered it, before it becomes challenger.

    Raises:
        IntegrityError: no training fitted it.
    """
    entries = context.trail.entries()
    if find(entries, version.name, str(version.version)):
        return
    fit = _fit_entry(entries, client, version)
    if fit is None:
        raise IntegrityError(f"{version.name}:{version.version} isn't what any training fitted; train it again")
    made = json.loads(fit.details)["made"]
    names = ("passed", "gates", "fingerprint", "data_sha256", "contracts_sha256", "code_version")
    details = {name: made.get(name) for name in names} | {"policy_sha256": policy_in_use.noted_sha256(context)}
    if printed := pdf_report.keep(context, client, version):
        details["files"] = {tracking.PAPER: content_sha256(printed)}
    context.trail.record(fit.actor, TRAIN, model=version.name, version=str(version.version), fit=fit.number, **details)


def of(entries: Iterable[Entry], model: str, number: str) -> Training:
    """What the trail tells of a version's making.

    Raises:
        IntegrityError: nothing, so that nobody knows what it is.
    """
    if training := find(list(entries), model, number):
        return training
    raise IntegrityError(
        f"{model}:{number} comes of no training that the audit trail knows of, or of one of before there were "
        f"releases; train the model again (fieldstone train {model})"
    )


def find(entries: Sequence[Entry], model: str, number: str) -> Training | None:
    """What the trail tells of a version's making, None if it tells nothing."""
    for entry in entries:
        if entry.action == TRAIN and "fit" in (details := json.loads(entry.details)):
            fit = _noted_fit(entries[: entry.number - 1], details)
            if fit and (details.get("model"), details.get("version")) == (model, number):
                return Training(fit, entry)
    return None


def changed_files(
    entries: list[Entry], client: MlflowClient, version: ModelVersion, files: dict[str, str]
) -> list[str]:
    """Files of a version that aren't as they were, nor as an erasure has left them, or are gone."""
    known = {name: redactions.successors(entries, digest) for name, digest in files.items()}
    return [name for name in files if _sha256(client, version, name) not in known[name]]


def _sha256(client: MlflowClient, version: ModelVersion, name: str) -> str | None:
    content = tracking.artifact(client, version, name)
    return None if content is None else content_sha256(content)


def _noted_fit(before: Sequence[Entry], details: dict[str, Any]) -> Entry | None:
    """The fit that a training says it noted, None if there is none of that model."""
    fit = next((entry for entry in before if entry.action == _FIT and entry.number == details["fit"]), None)
    return fit if fit and json.loads(fit.details).get("model") == details.get("model") else None


def _fit_entry(entries: list[Entry], client: MlflowClient, version: ModelVersion) -> Entry | None:
    """The last fit of this model that gave what the version holds."""
    fits = [entry for entry in entries if entry.action == _FIT and json.loads(entry.details)["model"] == version.name]
    return next((fit for fit in reversed(fits) if _gave(entries, client, version, fit)), None)


def _gave(entries: list[Entry], client: MlflowClient, version: ModelVersion, fit: Entry) -> bool:
    return not changed_files(entries, client, version, json.loads(fit.details)["files"])
