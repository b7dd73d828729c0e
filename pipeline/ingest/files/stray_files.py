"""Stray files: they lie where no table's are looked for, so nothing of them is ever read; any may hold withdrawals."""

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

_NAMED = 10  # files that are told
_REASON = "the file lies in no table's folder, so it is never read, and may hold withdrawals"


def tell(context: Context, source: Source) -> None:
    """Name the stray files of a source, and note them by tokens where they are others than before."""
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
    """Set aside each stray file that may hold withdrawals until it is moved, or a person has dropped it.

    Returns:
        Those that can't even be looked at.
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
    """Stray files of a source: in its own folder, in one that is called alike, and of the source of withdrawals also
    those of the landing zone that are of no source, or lie unread in another's and speak of consents."""
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
    """What lies in another source's folder, is read by nobody, and whose way speaks of consents."""
    left = landing.strays(root, other, [path for path in _alike(root, other) if path.is_dir()])
    for asset in other.assets:
        left |= landing.of_weight(landing.look(root, other, asset).left)
    return {path for path in left if speaks_of_consents(str(path.relative_to(root)))}


def _alike(root: Path, source: Source) -> list[Path]:
    """What lies in a root and is called as a source, in letters of any case."""
    entries = sorted(root.iterdir()) if root.is_dir() and os.access(root, os.R_OK) else []
    return [path for path in entries if path.name.strip().casefold() == source.name.casefold()]


def _token(context: Context, root: Path, path: Path) -> str:
    return file_names.token_of_file(str(path.relative_to(root)), ".stray", context.vault.secrets.pseudonym)
