"""`fieldstone approve MODEL VERSION --approver NAME --why TEXT`: somebody other than its trainer puts it in force."""

from datetime import UTC, datetime

from conf.errors import FieldstoneError
from jobs import champions, model_pages, releases, sandboxed, tracking, trainings, version_page
from jobs.context import Context
from jobs.tracking import MlflowClient, ModelVersion
from jobs.trainings import Training
from lake.audit import Entry


def run(context: Context, model_name: str, number: str, approver: str, why: str, sandbox: bool) -> None:
    """Release a version as it is now, with all that it rests on, and call it champion.

    It is the challenger, or one that was approved before: the one in force whose declarations were changed since, or an
    earlier one that is to be in force again.

    Raises:
        FieldstoneError: it may not be approved, isn't what was trained, or not by this person or the sandbox.
    """
    context.workspace.model(model_name)
    sandboxed.require(context, model_name, sandbox)
    client = tracking.connect(context.workspace.settings)
    entries = context.trail.require_whole()
    version = tracking.known(client, model_name, number)
    training = trainings.of(entries, model_name, number)
    if context.workspace.people.is_same(approver, training.trainer):
        raise FieldstoneError(f"{approver} trained {model_name}:{number} and can't approve it; somebody else has to")
    _require_sound(entries, client, version, training)
    version_page.require(context, entries, version)
    features = champions.read(client, model_name, number, training.files).features
    document = champions.document(context, version, training, features)
    standing = releases.standing(entries, model_name)
    if not standing or not releases.holds(standing, document):
        context.trail.require_signer(approver, releases.APPROVE)
        notes = {"approver": approver, "approved_at": datetime.now(UTC).isoformat(), "approved_why": why}
        tracking.tag(client, version, notes | {"approval": sandboxed.told(sandbox)})
        # noted before the alias, so that no model is ever in force without an entry
        told = {"model": model_name, "version": number, "why": why, "approval": sandboxed.told(sandbox)}
        context.trail.record(approver, releases.APPROVE, **told, **releases.told(document))
        said = f"is champion, approved by {approver} ({sandboxed.told(sandbox)}), release {releases.sha256(document)}"
    else:
        said = "is champion already"
    tracking.tag(client, version, {tracking.RELEASE: releases.canonical(document)})
    tracking.crown(client, version)
    model_pages.publish(context, client, model_name)
    print(f"approve {model_name}: version {number} {said}")


def _require_sound(entries: list[Entry], client: MlflowClient, version: ModelVersion, training: Training) -> None:
    """Refuse what was ended, failed its gates, was an experiment, stands nowhere, or was changed since its training."""
    model, number = version.name, str(version.version)
    who = f"{model}:{number}"
    if why := releases.why_ended(entries, model, number):
        raise FieldstoneError(f"{who} {why} and can't be approved; train another one")
    if as_of := training.made.get(tracking.BACKDATED):
        raise FieldstoneError(
            f"{who} was trained as of {as_of}, an experiment that can't be approved; train one on the present"
        )
    if training.made["passed"] != "true":
        raise FieldstoneError(f"{who} didn't pass its gates ({training.made['gates']}) and can't be approved")
    if tracking.CHALLENGER not in version.aliases and not releases.was_approved(entries, model, number):
        standing = tracking.by_alias(client, model, tracking.CHALLENGER)
        now = f"the challenger is version {standing.version} by now; look at that one" if standing else "there is none"
        raise FieldstoneError(f"version {number} of {model} is no challenger: {now}, and answer the question about it")
    changed = trainings.changed_files(entries, client, version, training.files)
    changed += sorted(name for name in training.made if version.tags.get(name) != training.made[name])
    if changed:
        raise FieldstoneError(
            f"{who} isn't what was trained: {', '.join(changed)} changed or gone in the registry; put it back from a "
            "backup, or train the model again"
        )
