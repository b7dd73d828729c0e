"""Model versions in force: each is loaded as data through its release, and only if everything is as it was approved."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import models
from conf.schema.errors import IntegrityError, NotFound
from conf.schema.hashing import canonical_json, content_sha256, document_sha256
from conf.schema.workspace import Workspace
from lake.audit import Entry
from lake.release_documents import FORMAT, ModelDocument
from models.champion import InForce
from pipeline.context import Context
from pipeline.features import declarations, kinds
from pipeline.registry import tracking
from pipeline.registry.tracking import CHAMPION, PREDICTOR, MlflowClient, ModelVersion
from pipeline.registry.trainings import Training
from pipeline.releases import approvals
from pipeline.trail import policy_in_use, releases
from pipeline.trail.differences import changes
from pipeline.trail.releases import Release


@dataclass(frozen=True)
class Champion:
    """A version that may score applications.

    Attributes:
        predictor: exactly the approved one, for scores and explanations.
        tags: of its training, as released.
        release: the approved release.
    """

    name: str
    version: str
    predictor: Any
    tags: dict[str, str]
    release: Release

    def __str__(self) -> str:
        return f"{self.name}:{self.version}"


def waiting(context: Context, client: MlflowClient) -> list[str]:
    """Models that have no version in force, neither in the audit trail nor in the registry."""
    entries = context.trail.require_whole()
    names = [name for name in context.workspace.models if releases.standing(entries, name) is None]
    return [name for name in names if tracking.by_alias(client, name, CHAMPION) is None]


def load(context: Context, client: MlflowClient, model: str) -> Champion:
    """The version of a model that is in force.

    Raises:
        FieldstoneError: no version is, the registry's champion is another one, or something isn't as it was approved.
    """
    release = in_force(context.trail.require_whole(), client, model)
    scorer = read(context.workspace, client, model, release.version, release.document["files"])
    version = tracking.known(client, model, release.version)
    if differing := differences(context, version, release, scorer.features):
        raise IntegrityError(
            f"{model}:{release.version} isn't as {release.approver} approved it (entry {release.entry} of the trail): "
            f"{'; '.join(differing)}. Put it back as it was, or have it approved as it is: fieldstone approve {model} "
            f"{release.version} --approver NAME --why TEXT"
        )
    return Champion(model, release.version, scorer, release.document["made"], release)


def read(workspace: Workspace, client: MlflowClient, model: str, number: str, files: dict[str, str]) -> Any:
    """The predictor of a version, in force or not, read as data by Fieldstone's own code.

    Args:
        files: name → SHA-256, from its training or its release.

    Raises:
        FieldstoneError: the predictor differs or is missing, or its kind of model is missing.
    """
    return kinds.predictor(workspace, _content(client, model, number, files))


def features(client: MlflowClient, model: str, number: str, files: dict[str, str]) -> tuple[str, ...]:
    """The features that the predictor of a version reads; it isn't loaded, so no library of models is needed.

    Args:
        files: name → SHA-256, from its training.

    Raises:
        IntegrityError, NotFound: the predictor differs, or is missing.
    """
    return models.features_of_json(_content(client, model, number, files))


def _content(client: MlflowClient, model: str, number: str, files: dict[str, str]) -> str:
    content = tracking.artifact(client, tracking.known(client, model, number), PREDICTOR)
    if content is None or content_sha256(content) != files[PREDICTOR]:
        raise IntegrityError(
            f"{PREDICTOR} of {model}:{number} was changed or is gone; put it back from a backup, or train the model "
            "again"
        )
    return content.decode()


def to_compare(context: Context, client: MlflowClient, model: str) -> InForce | None:
    """Facts about the version in force, for the report of a version that may replace it.

    None if no version with a counting approval and a readable predictor is in force.
    """
    entries = context.trail.entries()
    entry = releases.standing(entries, model)
    if entry is None or not releases.has_release(entry) or approvals.why_not(entries, entry):
        return None
    stated = releases.of(entry).document
    try:
        read_features = features(client, model, stated["version"], stated["files"])
    except (IntegrityError, NotFound):
        return None
    figures = {name: float(figure) for name, figure in stated["figures"].items()}
    was, now = stated.get("spec"), declarations.stated(context.workspace.model(model))
    respecified = changes(declarations.by_name(was), declarations.by_name(now)) if was else {}
    return InForce(stated["version"], figures, read_features, respecified)


def in_force(entries: list[Entry], client: MlflowClient, model: str) -> Release:
    """The release by which a version of a model is in force, if audit trail and registry agree on it.

    Raises:
        FieldstoneError: there is none, its approval doesn't count, or they don't agree.
    """
    entry, called = releases.standing(entries, model), tracking.by_alias(client, model, CHAMPION)
    number = str(called.version) if called else None
    if entry is None and number is None:
        raise NotFound(
            f"model {model} has no champion; train it, then let somebody other than its trainer approve the challenger "
            f"(fieldstone approve {model} VERSION --approver NAME --why TEXT)"
        )
    if entry is None:
        why = (releases.why_ended(entries, model, number) if number else None) or "nobody has approved it"
        raise IntegrityError(
            f"the registry calls {model}:{number} champion, but by the trail no version is in force ({model}:{number}: "
            f"{why}), so it may not score. Take it out of force (fieldstone retire {model} {number} --approver NAME "
            f"--why TEXT), or approve a version"
        )
    release = releases.of(entry)
    approvals.require(entries, entry)
    if release.version != number:
        raise IntegrityError(
            f"by the trail {model}:{release.version} is in force (approved by {entry.actor} in entry {entry.number}), "
            f"and the registry calls {f'{model}:{number}' if number else 'none'} champion. Approve the one that "
            f"should score: fieldstone approve {model} VERSION --approver NAME --why TEXT"
        )
    return release


def differences(context: Context, version: ModelVersion, release: Release, features: Collection[str]) -> list[str]:
    """Differences from a release, as text: in the registry's copy and tags, and in declarations.

    Args:
        features: that its predictor reads.
    """
    stated, differing = release.document, []
    copy = version.tags.get(tracking.RELEASE)
    if copy != canonical_json(stated):
        differing.append(f"its release {'was changed' if copy else 'is missing'} in the registry")
    made = stated["made"]
    if changed := sorted(name for name in made if version.tags.get(name) != made[name]):
        differing.append(f"its {', '.join(changed)} {'were' if len(changed) > 1 else 'was'} changed in the registry")
    if tracking.RETIRED in version.tags:
        differing.append("the registry says that it is retired, and the trail doesn't")
    return differing + _of_declarations(context, stated, features)


def _of_declarations(context: Context, stated: ModelDocument, features: Collection[str]) -> list[str]:
    """Declarations that differ from those at the approval, as text."""
    workspace, differing = context.workspace, []
    spec = workspace.model(stated["model"])
    if declarations.spec_sha256(spec) != stated["spec_sha256"]:
        differing.append(f"conf/models/{stated['model']}.yaml was changed")
    elif kinds.fingerprint(workspace, spec) != stated["made"].get(tracking.KIND_SHA256):
        differing.append(f"{kinds.FOLDER}/{spec.kind}.py was changed")
    for what, was, now in (
        ("features of {} are", stated["features_sha256"], declarations.features_sha256(workspace, features)),
        ("contracts {} are", stated["contracts_sha256"], declarations.rested_on_sha256(workspace, features)),
    ):
        names = {name for name in {*now, *was} if now.get(name) != was.get(name)}
        if names:
            differing.append(f"{what.format(', '.join(sorted(names)))} declared in another way")
    return differing


def document(context: Context, version: ModelVersion, training: Training, features: Collection[str]) -> ModelDocument:
    """The release that a version would have if it were approved now.

    Args:
        features: that its predictor reads.
    """
    workspace, spec = context.workspace, context.workspace.model(version.name)
    return {
        "kind": "model",
        "format": FORMAT,
        "model": version.name,
        "version": str(version.version),
        "run_id": version.tags.get("run_id"),
        "trainer": training.trainer,
        "files": training.files,
        "made": training.made,
        "figures": training.facts["figures"],
        "gates": training.facts["gates"],
        "trained_spec_sha256": training.facts["spec_sha256"],
        "spec_sha256": declarations.spec_sha256(spec),
        "spec": declarations.stated(spec),
        "features_sha256": declarations.features_sha256(workspace, features),
        "contracts_sha256": declarations.rested_on_sha256(workspace, features),
        "policy_sha256": document_sha256(policy_in_use.stated(context)),
    }
