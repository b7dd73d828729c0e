"""The pages of a version, its report and what customers are told: as they were made, whatever somebody lays there."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from conf.schema.errors import Conflict
from conf.schema.naming import customer_page, model_page
from lake.audit import Entry
from pipeline import reports
from pipeline.context import Context
from pipeline.registry import tracking, trainings
from pipeline.registry.tracking import CUSTOMERS, REPORT, MlflowClient, ModelVersion
from pipeline.trail import redactions
from pipeline.trail.releases import digest

_PLACES = {REPORT: model_page, CUSTOMERS: customer_page}
_CALLED = {REPORT: "the report that was fitted", CUSTOMERS: "what its training says to customers"}


def publish(context: Context, client: MlflowClient, entries: Sequence[Entry], version: ModelVersion) -> dict[str, Path]:
    """Where the pages of a version lie, by name, written anew if what lies there isn't its own; none that it hasn't."""
    written = {name: _publish(context, client, entries, version, name) for name in _PLACES}
    return {name: path for name, path in written.items() if path}


def anothers(context: Context, entries: Sequence[Entry], version: ModelVersion) -> list[str]:
    """What a version's pages should be and aren't, as far as its training tells, in words."""
    return [_CALLED[name] for name in _PLACES if _is_anothers(context, entries, version, name)]


def require(context: Context, entries: Sequence[Entry], version: ModelVersion) -> None:
    """Refuse to approve what nobody can have looked at.

    Raises:
        Conflict: its page isn't its report.
    """
    if wrong := anothers(context, entries, version):
        model, number = version.name, version.version
        raise Conflict(
            f"the page of {model}:{number} isn't {wrong[0]}; write it anew and look at it before you "
            f"approve: fieldstone compare {model} {number}"
        )


def differences(context: Context, client: MlflowClient) -> list[str]:
    """Pages that aren't as their version's training made them, or of no version at all, in words."""
    entries = context.trail.entries()
    return [
        told
        for model in context.workspace.models
        for name in _PLACES
        for told in _differences(context, client, entries, model, name)
    ]


def _differences(
    context: Context, client: MlflowClient, entries: Sequence[Entry], model: str, name: str
) -> Iterator[str]:
    versions = {str(version.version): version for version in tracking.versions(client, model)}
    for path in sorted(_path(context, model, "1", name).parent.glob("*.html")):
        version = versions.get(path.stem)
        if version is None:
            yield f"{path.name} lies among the pages of {model}, which has no such version"
        elif _is_anothers(context, entries, version, name):
            yield f"the page of {model}:{path.stem} isn't {_CALLED[name]}"


def _publish(
    context: Context, client: MlflowClient, entries: Sequence[Entry], version: ModelVersion, name: str
) -> Path | None:
    number = str(version.version)
    path, known = _path(context, version.name, number, name), _known(entries, version, name)
    if path.exists() and digest(path.read_bytes()) in known:
        return path
    content = tracking.artifact(client, version, name)
    # of versions of before fits were told, the registry's is the only one that there is
    if content is None or (known and digest(content) not in known):
        path.unlink(missing_ok=True)
        return None
    return reports.write(context.workspace, _PLACES[name](version.name, number), content.decode())


def _is_anothers(context: Context, entries: Sequence[Entry], version: ModelVersion, name: str) -> bool:
    path, known = _path(context, version.name, str(version.version), name), _known(entries, version, name)
    return path.exists() and bool(known) and digest(path.read_bytes()) not in known


def _path(context: Context, model: str, number: str, name: str) -> Path:
    return reports.folder(context.workspace) / _PLACES[name](model, number)


def _known(entries: Sequence[Entry], version: ModelVersion, name: str) -> set[str]:
    """SHA-256 of a version's page, as it was made and as erasures have left it; nothing where no training tells."""
    training = trainings.find(entries, version.name, str(version.version))
    return redactions.successors(entries, training.files[name]) if training and name in training.files else set()
