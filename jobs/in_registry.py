"""What the model registry says of versions, held against the audit trail: approvals and retirements."""

import json

from jobs import tracking
from jobs.context import Context


def differences(context: Context) -> list[str]:
    """Versions in force that nobody approved, and retirements that are in one of the two only, in words."""
    settings = context.workspace.settings
    if not (settings.mlflow_uri or (settings.home / "mlflow" / "mlflow.db").exists()):
        return []
    client, done = tracking.opened(settings), _done(context)
    found = []
    for model in context.workspace.models:
        for version in tracking.versions(client, model):
            named = (model, str(version.version))
            is_retired, was_retired = tracking.RETIRED in version.tags, "retire" in done.get(named, ())
            if tracking.CHAMPION in version.aliases and "approve" not in done.get(named, ()):
                found.append(f"{model}:{version.version} is in force, and no entry approves it")
            if is_retired and not was_retired:
                found.append(f"{model}:{version.version} is retired in the registry, and no entry retires it")
            if was_retired and not is_retired:
                found.append(f"{model}:{version.version} was retired, and the registry doesn't say so any more")
    return found


def _done(context: Context) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for entry in context.trail.entries():
        if entry.action in ("approve", "retire"):
            details = json.loads(entry.details)
            found.setdefault((details["model"], details["version"]), set()).add(entry.action)
    return found
