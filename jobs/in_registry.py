"""What the model registry says of versions, held against the audit trail: approvals and retirements."""

import json

from jobs import belonging, tracking
from jobs.context import Context


def differences(context: Context) -> list[str]:
    """Versions in force that nobody approved, and retirements that are in one of the two only, in words."""
    settings, entries = context.workspace.settings, _entries(context)
    if not belonging.is_there(settings):
        return [f"the model registry is lost, of whose versions {len(entries):,} entries tell"] if entries else []
    client = tracking.opened(settings)
    why_not = belonging.mismatch(client, settings.home)
    found = [f"the model registry and the lake don't belong together: {why_not}"] if why_not else []
    retired = {(model, version) for action, model, version in entries if action == "retire"}
    approved = {model: version for action, model, version in entries if action == "approve"}  # the last one
    for model in context.workspace.models:
        for version in tracking.versions(client, model):
            number, last = str(version.version), approved.get(model)
            is_retired, was_retired = tracking.RETIRED in version.tags, (model, number) in retired
            if tracking.CHAMPION in version.aliases and number != last:
                why = f"the last approval is of version {last}" if last else "no entry approves it"
                found.append(f"{model}:{version.version} is in force, and {why}")
            if is_retired and not was_retired:
                found.append(f"{model}:{version.version} is retired in the registry, and no entry retires it")
            if was_retired and not is_retired:
                found.append(f"{model}:{version.version} was retired, and the registry doesn't say so any more")
    return found


def _entries(context: Context) -> list[tuple[str, str, str]]:
    """Action, model and version of each approval and retirement, oldest first."""
    done = [entry for entry in context.trail.entries() if entry.action in ("approve", "retire")]
    details = [json.loads(entry.details) for entry in done]
    return [(e.action, told["model"], told["version"]) for e, told in zip(done, details, strict=True)]
