"""Puts a version of a model in force with all its inputs, approved by a person other than its trainer."""

import logging
from collections.abc import Mapping

from conf.schema.errors import Conflict, IntegrityError
from conf.schema.hashing import canonical_json, document_sha256
from lake.audit import Entry
from pipeline.context import Context
from pipeline.registry import tracking, trainings
from pipeline.registry.tracking import MlflowClient, ModelVersion
from pipeline.registry.trainings import Training
from pipeline.releases import approvals, champions, model_pages, shown_releases, version_page
from pipeline.results.governance import Approved
from pipeline.trail import attribution, releases, sandbox_approval

LOG = logging.getLogger(__name__)


def approve(
    context: Context,
    model_name: str,
    number: str,
    approver: str,
    why: str,
    sandbox: bool,
    release: str | None = None,
    answers: Mapping[str, str] | None = None,
) -> Approved:
    """Release a version and its declarations as they are now, and make it champion.

    It is the challenger or was approved before: either the one in force, if its declarations have changed since, or an
    earlier one that comes back into force.

    Args:
        release: SHA-256 of the release that was shown to the approver; a sandbox may leave it out.
        answers: red finding of its validation → why it may be in force nevertheless; a sandbox has its own answers.

    Raises:
        FieldstoneError: it may not be approved, differs from what was trained or shown, or this approver or sandbox may
            not approve it.
    """
    context.workspace.model(model_name)
    sandbox_approval.require(context, model_name, sandbox)
    client = tracking.connect(context.workspace.settings)
    entries = context.trail.require_whole()
    version = tracking.known(client, model_name, number)
    training = trainings.of(entries, model_name, number)
    features = champions.features(client, model_name, number, training.files)
    document = champions.document(context, version, training, features)
    details = {"model": model_name, "version": number, "why": why, "approval": sandbox_approval.kind(entries, sandbox)}
    stated = sandbox_approval.answers(training.red_findings, sandbox) | dict(answers or {})
    details |= ({"answers": stated} if stated else {}) | releases.approval_details(document)
    approvals.require_allowed(entries, approver, releases.APPROVE, details)
    _require_sound(entries, client, version, training)
    version_page.require(context, entries, version)
    context.trail.require_signer(approver, releases.APPROVE)
    shown_releases.require(context, entries, document, release, f"fieldstone compare {model_name} {number}")
    entry = releases.standing(entries, model_name)
    if entry and releases.holds(entry, document) and not approvals.why_not(entries, entry):
        status, is_new = "is champion already", False
    else:
        # recorded before the alias is set, so that no model is ever in force without an entry
        entry = context.trail.record(approver, releases.APPROVE, **details)
        entries, status, is_new = [*entries, entry], "is champion", True
    tracking.tag(client, version, approvals.noted(entries, entry))
    tracking.tag(client, version, {tracking.RELEASE: canonical_json(document)})
    tracking.promote_to_champion(client, version)
    model_pages.publish(context, client, model_name)
    by, sha256 = attribution.who(entries, entry), document_sha256(document)
    message = f"approve {model_name}: version {number} {status}, approved by {by}, release {sha256}"
    LOG.info(message, extra={"model": model_name, "version": number})
    return Approved(model_name, number, is_new, by, sha256)


def _require_sound(entries: list[Entry], client: MlflowClient, version: ModelVersion, training: Training) -> None:
    """Refuse a version that isn't up for approval, or was changed since its training."""
    model, number = version.name, str(version.version)
    if tracking.CHALLENGER not in version.aliases and not approvals.has_counted(entries, model, number):
        standing = tracking.by_alias(client, model, tracking.CHALLENGER)
        now = f"the challenger is version {standing.version} by now; look at that one" if standing else "there is none"
        raise Conflict(f"version {number} of {model} isn't a challenger: {now}, and answer the question about it")
    changed = trainings.changed_files(entries, client, version, training.files)
    changed += sorted(name for name in training.made if version.tags.get(name) != training.made[name])
    if changed:
        raise IntegrityError(
            f"{model}:{number} isn't what was trained: {', '.join(changed)} changed or gone in the registry; put it "
            "back from a backup, or train the model again"
        )
