"""The pages of a version, always as they were made: its report as HTML and PDF, and the customers' page."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from conf.schema import naming
from conf.schema.errors import Conflict
from conf.schema.hashing import content_sha256, file_sha256
from lake.audit import Entry
from pipeline import reports
from pipeline.context import Context
from pipeline.registry import tracking, trainings
from pipeline.registry.tracking import CUSTOMERS, PAPER, REPORT, MlflowClient, ModelVersion
from pipeline.trail import redactions

_PLACES = {REPORT: naming.model_page, PAPER: naming.paper_page, CUSTOMERS: naming.customer_page}
_CALLED = {
    REPORT: "the report that was fitted",
    PAPER: "what was printed of its report",
    CUSTOMERS: "what its training says to customers",
}


def publish(context: Context, client: MlflowClient, entries: Sequence[Entry], version: ModelVersion) -> dict[str, Path]:
    """Paths of a version's pages, by name, without missing ones; a page is written again if the file isn't its own."""
    known = _known(entries, version)
    written = {name: _publish(context, client, version, name, known[name]) for name in _PLACES}
    return {name: path for name, path in written.items() if path}


def anothers(context: Context, entries: Sequence[Entry], version: ModelVersion) -> list[str]:
    """Pages of a version that differ from those recorded at its training, as text."""
    number, known = str(version.version), _known(entries, version)
    return [_CALLED[name] for name in _PLACES if _is_anothers(_path(context, version.name, number, name), known[name])]


def require(context: Context, entries: Sequence[Entry], version: ModelVersion) -> None:
    """Refuse to approve a version whose report can't have been read.

    Raises:
        Conflict: the file of its page isn't its report.
    """
    if wrong := anothers(context, entries, version):
        model, number = version.name, version.version
        raise Conflict(
            f"the page of {model}:{number} isn't {wrong[0]}; write it anew and look at it before you "
            f"approve: fieldstone compare {model} {number}"
        )


def differences(context: Context, client: MlflowClient) -> list[str]:
    """Pages that differ from those of their version's training, or that belong to no version, as text."""
    entries = context.trail.entries()
    return [each for model in context.workspace.models for each in _differences(context, client, entries, model)]


def _differences(context: Context, client: MlflowClient, entries: Sequence[Entry], model: str) -> Iterator[str]:
    known = {str(version.version): _known(entries, version) for version in tracking.versions(client, model)}
    for name in _PLACES:
        place = _path(context, model, "1", name)
        for path in sorted(place.parent.glob(f"*{place.suffix}")):
            if path.stem not in known:
                yield f"{path.name} lies among the pages of {model}, which has no such version"
            elif _is_anothers(path, known[path.stem][name]):
                yield f"the page of {model}:{path.stem} isn't {_CALLED[name]}"


def _publish(
    context: Context, client: MlflowClient, version: ModelVersion, name: str, known: set[str] | None
) -> Path | None:
    number = str(version.version)
    path = _path(context, version.name, number, name)
    if known and path.exists() and file_sha256(path) in known:
        return path
    content = tracking.artifact(client, version, name) if known is None or known else None
    if content is None or (known is not None and content_sha256(content) not in known):
        path.unlink(missing_ok=True)
        return None
    return reports.write(context.workspace, _PLACES[name](version.name, number), content)


def _is_anothers(path: Path, known: set[str] | None) -> bool:
    return path.exists() and known is not None and file_sha256(path) not in known


def _path(context: Context, model: str, number: str, name: str) -> Path:
    return reports.folder(context.workspace) / _PLACES[name](model, number)


def _known(entries: Sequence[Entry], version: ModelVersion) -> dict[str, set[str] | None]:
    """Name → SHA-256 of a version's page as made and as erasures changed it; empty for a page that was never made.

    All None if no training of the version is recorded: the registry is the only evidence of versions from before fits
    were recorded.
    """
    training = trainings.find(entries, version.name, str(version.version))
    if training is None:
        return dict.fromkeys(_PLACES)
    files = training.files
    return {name: redactions.successors(entries, files[name]) if name in files else set() for name in _PLACES}
