"""Versions of the models: their status, their gates, and who did what to them."""

from collections.abc import Sequence
from typing import Any

from conf.schema.languages import on_pages, plain
from pipeline.context import Context
from pipeline.registry import registry_identity, tracking
from pipeline.releases import model_pages
from pipeline.releases.model_pages import Row
from pipeline.results.everybody import VersionListed


def versions(context: Context) -> dict[str, list[Row]]:
    """Model → versions, the latest first; if there is no registry, none is created."""
    settings = context.workspace.settings
    if not registry_identity.is_there(settings):
        return {name: [] for name in context.workspace.models}
    client, entries = tracking.connect(settings), context.trail.entries()
    return {
        name: [model_pages.row(context, entries, version) for version in reversed(tracking.versions(client, name))]
        for name in context.workspace.models
    }


def listed(context: Context) -> dict[str, tuple[VersionListed, ...]]:
    """Versions by model, like `versions`, with the acts, and the status for people, in the workspace's languages."""
    shown = on_pages(context.workspace.settings.languages)
    return {name: tuple(as_listed(row, shown) for row in rows) for name, rows in versions(context).items()}


def as_listed(row: Row, shown: Sequence[str]) -> VersionListed:
    """A version as `listed` gives it; `shown` is `on_pages` of the workspace's languages."""
    in_words: dict[str, Any] = {
        "status": row.status[0],
        "status_in_words": plain(*row.status, shown),
        "acts": tuple(act.in_words(shown) for act in row.acts),
    }
    return VersionListed(**vars(row) | in_words)
