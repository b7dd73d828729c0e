"""The pages of a version, its report as HTML and PDF and what customers are told: as they were made, always."""

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
    """Where the pages of a version lie, by name, written anew if what lies there isn't its own; none that it hasn't."""
    known = _known(entries, version)
    written = {name: _publish(context, client, version, name, known[name]) for name in _PLACES}
    return {name: path for name, path in written.items() if path}


def anothers(context: Context, entries: Sequence[Entry], version: ModelVersion) -> list[str]:
    """What a version's pages should be and aren't, as far as its training tells, in words."""
    number, known = str(version.version), _known(entries, version)
    return [_CALLED[name] for name in _PLACES if _is_anothers(_path(context, version.name, number, name), known[name])]


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
    """SHA-256 of a version's pages, by name, as they were made and as erasures have left them; none of one never made.

    None where no training tells of the version: of those of before fits were told, the registry's pages are all that
    there is.
    """
    training = trainings.find(entries, version.name, str(version.version))
    if training is None:
        return dict.fromkeys(_PLACES)
    files = training.files
    return {name: redactions.successors(entries, files[name]) if name in files else set() for name in _PLACES}
