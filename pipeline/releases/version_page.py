"""The page of a version: the very report that was fitted, as erasures have left it, whatever somebody lays there."""

from collections.abc import Sequence
from pathlib import Path

from conf.schema.errors import Conflict
from conf.schema.naming import model_page
from lake.audit import Entry
from pipeline import reports
from pipeline.context import Context
from pipeline.registry import tracking, trainings
from pipeline.registry.tracking import REPORT, MlflowClient, ModelVersion
from pipeline.trail import redactions
from pipeline.trail.releases import digest


def publish(context: Context, client: MlflowClient, entries: Sequence[Entry], version: ModelVersion) -> Path | None:
    """Where the page of a version lies, written anew if what lies there isn't its report; None if there is none."""
    path, known = _path(context, version.name, str(version.version)), _known(entries, version)
    if path.exists() and digest(path.read_bytes()) in known:
        return path
    content = tracking.artifact(client, version, REPORT)
    # of versions of before fits were told, the registry's is the only one that there is
    if content is None or (known and digest(content) not in known):
        path.unlink(missing_ok=True)
        return None
    return reports.write(context.workspace, model_page(version.name, str(version.version)), content.decode())


def is_anothers(context: Context, entries: Sequence[Entry], version: ModelVersion) -> bool:
    """Whether something else lies where a version's report should, as far as its training tells."""
    path, known = _path(context, version.name, str(version.version)), _known(entries, version)
    return path.exists() and bool(known) and digest(path.read_bytes()) not in known


def require(context: Context, entries: Sequence[Entry], version: ModelVersion) -> None:
    """Refuse to approve what nobody can have looked at.

    Raises:
        Conflict: its page isn't its report.
    """
    if is_anothers(context, entries, version):
        model, number = version.name, version.version
        raise Conflict(
            f"the page of {model}:{number} isn't the report that was fitted; write it anew and look at it before you "
            f"approve: fieldstone compare {model} {number}"
        )


def differences(context: Context, client: MlflowClient) -> list[str]:
    """Pages that aren't the report of their version, or of no version at all, in words."""
    entries, found = context.trail.entries(), []
    for model in context.workspace.models:
        versions = {str(version.version): version for version in tracking.versions(client, model)}
        for path in sorted(_path(context, model, "1").parent.glob("*.html")):
            version = versions.get(path.stem)
            if version is None:
                found.append(f"{path.name} lies among the pages of {model}, which has no such version")
            elif is_anothers(context, entries, version):
                found.append(f"the page of {model}:{path.stem} isn't the report that was fitted")
    return found


def _path(context: Context, model: str, number: str) -> Path:
    return reports.folder(context.workspace) / model_page(model, number)


def _known(entries: Sequence[Entry], version: ModelVersion) -> set[str]:
    """SHA-256 of a version's report, as it was fitted and as erasures have left it; nothing where no training tells."""
    training = trainings.find(entries, version.name, str(version.version))
    return redactions.successors(entries, training.files[REPORT]) if training and REPORT in training.files else set()
