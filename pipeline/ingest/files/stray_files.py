"""Stray files: files in places that no table reads; any of them may contain withdrawals."""

import json
import logging
import os
from pathlib import Path

from conf.schema.hashing import file_sha256
from conf.schema.masks import masked_path
from conf.schema.source import Source
from conf.schema.table_roles import TableRole
from lake import file_names, refusals, runs
from lake.batch import Part
from lake.refusals import Action
from pipeline.context import Context
from pipeline.ingest.ended_consents import speaks_of_consents
from pipeline.ingest.files import landing
from pipeline.ingest.files.file_drop import Drop, root_of
from pipeline.ingest.files.landing import Why

LOG = logging.getLogger(__name__)

_NAMED = 10  # most files that a message names
_REASON = "the file lies in no table's folder, so it is never read, and may hold withdrawals"


def tell(context: Context, source: Source) -> None:
    """Log the names of a source's stray files, and record their tokens if they have changed."""
    if source.connection.kind != "files":
        return
    root, paths = root_of(context.workspace, source), [*_stray_files(context, source)]
    job, called = f"strays {source.name}", {_token(context, root, path): str(path.relative_to(root)) for path in paths}
    fingerprint = json.dumps(sorted(called))
    if paths:
        shown = ", ".join(masked_path(path.relative_to(root)) for path in paths[:_NAMED])
        more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
        folders = ", ".join(source.glob(asset) for asset in source.assets)
        LOG.warning(
            f"ingest {source.name}: files are left alone: {len(paths):,} {Why.STRAY}; move each to where its table's "
            f"are looked for ({folders}), or remove it: {shown}{more}",
            extra={"source": source.name, "files": len(paths)},
        )
        file_names.keep(context.vault, context.workspace.tables_of(source.name)[0].table, called)
    if fingerprint != (runs.last(context.lake, job) or "[]"):
        runs.record(context.lake, job, fingerprint, context.as_of)


def unread(drop: Drop) -> dict[Path, Why]:
    """Set aside each stray file that may contain withdrawals, until it is moved or a person drops it.

    Returns:
        The files that can't be examined, with the reason.
    """
    if drop.contract.role is not TableRole.WITHDRAWAL:
        return {}
    closed, parts, table = {}, {}, drop.contract.table
    for path in _stray_files(drop.context, drop.source):
        if path.is_symlink() or not path.is_file():
            closed[path] = Why.STRAY
            continue
        try:
            part = Part(_token(drop.context, drop.root, path), file_sha256(path), path.stat().st_size)
            parts[refusals.file_batch_id(f"stray {table}", part.sha256)] = part
        except OSError:
            closed[path] = Why.STRAY
    lake, at = drop.context.lake, drop.context.as_of
    known = refusals.latest(lake, table)
    for batch_id, part in parts.items():
        if batch_id not in known or known[batch_id].action is Action.GONE:
            where = {"batch_id": batch_id, "source_table": table, "stage": refusals.STRAY}
            refusals.note(lake, **where, parts=[part], reason=_REASON, at=at)
    for batch_id, refusal in known.items():
        if refusal.stage == refusals.STRAY and refusal.stands and batch_id not in parts:
            refusals.settle(lake, refusal, Action.GONE, who="fieldstone", why="it was moved or removed", at=at)
    return closed


def _stray_files(context: Context, source: Source) -> dict[Path, Why]:
    """Stray files of a source, in its own folder or in one with a similar name. For the source of withdrawals, also
    files of the landing zone that belong to no source, or that another source ignores and whose path is about consents.
    """
    workspace, root = context.workspace, root_of(context.workspace, source)
    own, others = _alike(root, source), [s for s in workspace.sources.values() if s.name != source.name]
    withdrawal = workspace.playing(TableRole.WITHDRAWAL)
    receives = withdrawal is not None and source.name == withdrawal.source
    if not receives or root != workspace.settings.landing:
        return landing.strays(root, source, [path for path in own if path.is_dir()])
    of_others = {path for other in others for path in (*_alike(root, other), *landing.matched(root, other))}
    unmatched = landing.strays(root, source, [root], of_others | {workspace.settings.home})
    beside = (
        _of_consents(root, other)
        for other in others
        if other.connection.kind == "files" and root_of(workspace, other) == root
    )
    return dict.fromkeys(sorted({*unmatched}.union(*beside)), Why.STRAY)


def _of_consents(root: Path, other: Source) -> set[Path]:
    """Files in another source's folder that nothing reads and whose path contains a word for consents."""
    left = landing.strays(root, other, [path for path in _alike(root, other) if path.is_dir()])
    for asset in other.assets:
        left |= landing.of_weight(landing.look(root, other, asset).left)
    return {path for path in left if speaks_of_consents(str(path.relative_to(root)))}


def _alike(root: Path, source: Source) -> list[Path]:
    """Files and folders in a root that have the name of a source, in upper or lower case."""
    entries = sorted(root.iterdir()) if root.is_dir() and os.access(root, os.R_OK) else []
    return [path for path in entries if path.name.strip().casefold() == source.name.casefold()]


def _token(context: Context, root: Path, path: Path) -> str:
    return file_names.token_of_file(str(path.relative_to(root)), ".stray", context.vault.secrets.pseudonym)
