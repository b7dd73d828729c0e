"""Compares the versions in the model registry with the audit trail."""

import json

from conf.schema.errors import FieldstoneError
from pipeline.context import Context
from pipeline.registry import registry_identity, tracking, trainings
from pipeline.registry.tracking import MlflowClient
from pipeline.releases import approvals, champions, policy_release, version_page
from pipeline.trail import releases

_NOTES = ("approver", "approved_why")  # tags of an approval


def differences(context: Context) -> list[str]:
    """Versions in force that aren't approved as they are, and retirements that only one of both records, as text."""
    settings, entries = context.workspace.settings, _entries(context)
    if not registry_identity.is_there(settings):
        return [f"the model registry is lost, of whose versions {len(entries):,} entries tell"] if entries else []
    client = tracking.opened(settings)
    why_not = registry_identity.mismatch(client, settings.home)
    differing = [f"the model registry and the lake don't belong together: {why_not}"] if why_not else []
    differing += _standing_uncounted(context)
    retired = {(model, version) for action, model, version in entries if action == "retire"}
    approved = {model: version for action, model, version in entries if action == "approve"}  # the last one
    for model in context.workspace.models:
        for version in tracking.versions(client, model):
            number, last = str(version.version), approved.get(model)
            is_retired, was_retired = tracking.RETIRED in version.tags, (model, number) in retired
            if tracking.CHAMPION in version.aliases and number != last:
                why = f"the last approval is of version {last}" if last else "no entry approves it"
                differing.append(f"{model}:{version.version} is in force, and {why}")
            if is_retired and not was_retired:
                differing.append(f"{model}:{version.version} is retired in the registry, and no entry retires it")
            if was_retired and not is_retired:
                differing.append(f"{model}:{version.version} was retired, and the registry doesn't say so any more")
    return [*(differing or _of_releases(context, client)), *version_page.differences(context, client)]


def _standing_uncounted(context: Context) -> list[str]:
    """The last approvals of each model and of the policy, if they don't count."""
    entries = context.trail.entries()
    last = [releases.standing(entries, model) for model in context.workspace.models]
    approved = [entry for entry in [*last, releases.of_policy(entries)] if entry and releases.has_release(entry)]
    reasons = [(approvals.named(entry), approvals.why_not(entries, entry)) for entry in approved]
    return [f"{name} doesn't count: {why}" for name, why in reasons if why]


def _of_releases(context: Context, client: MlflowClient) -> list[str]:
    """Differences from the release of each model in force, and of the policy if one was ever approved."""
    entries, differing = context.trail.entries(), []
    for model in context.workspace.models:
        if releases.standing(entries, model) is None:
            continue
        try:
            release = champions.load(context, client, model).release
        except FieldstoneError as error:
            differing.append(str(error))
            continue
        version = tracking.known(client, model, release.version)
        noted = approvals.noted(entries, entries[release.entry - 1])
        if other := [name for name in _NOTES if version.tags.get(name) != noted[name]]:
            differing.append(
                f"{', '.join(other)} of {model}:{release.version} in the registry isn't as the approval says"
            )
        if changed := trainings.changed_files(entries, client, version, release.document["files"]):
            differing.append(f"{', '.join(changed)} of {model}:{release.version} changed or gone since it was approved")
    policy = policy_release.differences(context) if releases.of_policy(entries) else None
    return [*differing, policy] if policy else differing


def _entries(context: Context) -> list[tuple[str, str, str]]:
    """Action, model and version of each approval and retirement, oldest first."""
    done = [entry for entry in context.trail.entries() if entry.action in ("approve", "retire")]
    details = [json.loads(entry.details) for entry in done]
    return [(e.action, detail.get("model"), detail.get("version")) for e, detail in zip(done, details, strict=True)]
