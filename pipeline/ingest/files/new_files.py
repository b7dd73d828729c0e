"""File drops: the files of the landing zone that no batch has yet.

A file is identified by its content: delivered again, under any name, it isn't new.
"""

import hashlib
import logging
import os
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conf.schema import required
from conf.schema.contract import Contract
from conf.schema.errors import FieldstoneError, PartnerError
from conf.schema.hashing import file_sha256
from conf.schema.source import Asset, FileDrop, Source
from lake import refusals
from lake.batch import Batch, Part
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.ingest.files import archives, landing, manifest, stray_files
from pipeline.ingest.files.delivered import Content, Delivered
from pipeline.ingest.files.file_drop import Drop, sound
from pipeline.ingest.files.landing import FolderContents, Why
from pipeline.ingest.pull import Pull

LOG = logging.getLogger(__name__)

_NAMED = 10  # most files that a message names for one reason


def pull(context: Context, source: Source, contract: Contract, finished: list[Batch]) -> Pull | None:
    """The files that no finished batch has yet; None if there are none.

    A file that can't be what was agreed is set aside; if a manifest makes it part of a delivery, the rest of the
    delivery waits. All other files go on.

    Raises:
        FieldstoneError: an asset that isn't optional has no file at all, or all new files are faulty.
    """
    taken = {part.sha256 for batch in finished for part in batch.parts}
    drop = Drop(context, source, contract, taken | refusals.seen(context.lake, contract.table))
    return sound(drop, _chosen(drop))


def again(
    context: Context, source: Source, contract: Contract, wanted: Collection[str], finished: list[Batch]
) -> Pull | None:
    """Files that earlier batches have read, to be read once more; None if none of them can be read.

    Args:
        wanted: SHA-256 of the files.
    """
    if not wanted:
        return None
    drop = Drop(context, source, contract, set())
    there = _there(landing.look(drop.root, source, contract.asset), drop.asset)
    chosen = {digest: (path, size) for path, (digest, size) in there.items() if digest in wanted}
    try:
        pull = sound(drop, [_plain(drop, path, digest, size) for digest, (path, size) in chosen.items()])
    except FieldstoneError as error:  # they are set aside, and new files go on
        LOG.warning(f"ingest {contract.table}: {error}", extra={"table": contract.table})
        return None
    batches = tuple(batch.batch_id for batch in finished)
    return pull and pull.renewed(overlaps=batches, late=f"late {len(finished)}")


# choosing -------------------------------------------------------------------------------------------------------------


def _chosen(drop: Drop) -> list[Delivered]:
    """The files that weren't ingested before, without the ignored ones."""
    connection, asset = required.connection(drop.source, FileDrop), drop.contract.asset
    contents = landing.look(drop.root, drop.source, asset)
    _require_some(drop, contents)
    there = _there(contents, drop.asset)
    _tell_dropped(drop, {path: digest for path, (digest, _) in there.items()})
    public_key = connection.public_key and manifest.public_key(drop.context.workspace.root / connection.public_key)
    belongs = landing.belonging(drop.root, drop.source, asset)
    listed, doubtful = manifest.read(contents.manifests, drop.root, contents.files, belongs, public_key or None)
    # by the real clock, like the files' own times, even if the run has a fixed clock
    patience_from = datetime.now(UTC) - timedelta(minutes=connection.patience_minutes)
    check = manifest.compared(listed, {path: digest for path, (digest, _) in there.items()}, drop.seen, patience_from)
    standing = refusals.standing(drop.context.lake, drop.contract.table)
    refused = {part.sha256 for refusal in standing.values() for part in refusal.parts}
    unread = {path: digest for path, (digest, _) in there.items() if digest not in drop.seen}
    contents.left |= dict.fromkeys(check.awaited & unread.keys(), Why.AWAITED)
    delivery_of = {path: delivery for delivery in check.deliveries for path in delivery}
    chosen: dict[str, Delivered] = {}
    for path, digest in unread.items():
        is_listed, delivery = (path, digest) in check.rows, delivery_of.get(path, frozenset())
        if path in contents.left:
            continue
        if any(there[other][0] in refused for other in delivery & there.keys()):
            contents.left[path] = Why.REFUSED
        elif not is_listed and any(path.is_relative_to(each.parent) for each in doubtful):
            contents.left[path] = Why.DOUBTFUL
        elif not is_listed and (connection.manifest == "required" or public_key):
            contents.left[path] = Why.UNLISTED
        else:
            delivered = _plain(drop, path, *there[path], check.rows.get((path, digest)), delivery)
            chosen.setdefault(digest, delivered)
    unreadable = [f"{drop.shown(p.relative_to(drop.root))} can't be read: {w}" for p, w in contents.unreadable.items()]
    drop.problems += [*doubtful.values(), *check.problems, *unreadable]
    _tell(drop, contents, len(standing))
    may_hold = landing.of_weight(contents.left) | stray_files.unread(drop)
    closed = [f"{len(contents.unreadable):,} that can't be looked at"] if contents.unreadable else []
    withdrawals.pass_over(drop.context, drop.contract, _counted(_counts(may_hold)) + closed)
    return list(chosen.values())


def _require_some(drop: Drop, contents: FolderContents) -> None:
    source, asset = drop.source, drop.contract.asset
    if contents.files or contents.manifests or contents.unreadable or source.assets[asset].optional:
        return
    _tell(drop, contents, 0)
    withdrawals.pass_over(drop.context, drop.contract, _counted(_counts(landing.of_weight(contents.left))))
    others = ", ".join(f"{n:,} that are {why}" for why, n in _counts(contents.left).items())
    raise PartnerError(
        f"no file for {source.name}/{asset}: nothing matches {source.glob(asset)} in the landing zone {drop.root}"
        f"{others and f' but {others}'}; "
        "check the delivery, or mark the asset optional in its source",
        transient=True,
    )


def _there(contents: FolderContents, asset: Asset) -> dict[Path, tuple[str, int]]:
    """SHA-256 and size of the files."""
    there = {}
    for path in contents.files:
        try:
            size = path.stat().st_size
            # refused empty files are distinguished by their names, because their content is the same
            is_known = size or (asset.may_be_empty and not archives.packing(path))
            there[path] = file_sha256(path) if is_known else hashlib.sha256(os.fsencode(path.name)).hexdigest(), size
        except FileNotFoundError:
            continue  # removed since the folder was listed
        except OSError as error:
            contents.unreadable[path] = error.strerror or type(error).__name__
    return there


def _plain(
    drop: Drop, path: Path, digest: str, size: int, rows: int | None = None, delivery: frozenset[Path] = frozenset()
) -> Delivered:
    name, ending = str(path.relative_to(drop.root)), f".{drop.source.assets[drop.contract.asset].format}"
    packed = archives.packing(path)
    part = drop.part(name, ending + packed, digest, size)
    return Delivered(path, part, () if packed else (Content(_plain_path(drop, path, part), part),), rows, delivery)


def _plain_path(drop: Drop, path: Path, part: Part) -> Path:
    """A path that can be sent to workers: a link to the file if its name isn't UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        drop.unpacked.mkdir(mode=0o700, parents=True, exist_ok=True)
        link = drop.unpacked / part.name
        link.symlink_to(path.absolute())
        return link
    return path


def _counts(left: dict[Path, Why]) -> dict[Why, int]:
    reasons = [*left.values()]
    return {why: reasons.count(why) for why in Why if why in reasons}


def _counted(counts: dict[Why, int]) -> list[str]:
    return [f"{n:,} {why}" for why, n in counts.items()]


def _tell_dropped(drop: Drop, there: Mapping[Path, str]) -> None:
    """Log the files whose content equals that of dropped files, in one line for each batch."""
    table, known = drop.contract.table, refusals.dropped(drop.context.lake, drop.contract.table)
    for batch in sorted({known[digest] for digest in there.values() if digest in known}):
        paths = sorted(path for path, digest in there.items() if known.get(digest) == batch)
        what = "1 file is" if len(paths) == 1 else f"{len(paths):,} files are"
        LOG.warning(
            f"ingest {table}: {what} what was dropped as {batch}, byte for byte, and never read again: "
            f"{_named(drop, paths)}; ask the partner for other content, or take them away",
            extra={"table": table, "batch": batch, "files": len(paths)},
        )


def _named(drop: Drop, paths: Sequence[Path]) -> str:
    more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    return ", ".join(drop.shown(path.relative_to(drop.root)) for path in paths[:_NAMED]) + more


def _tell(drop: Drop, contents: FolderContents, standing: int) -> None:
    table, counts = drop.contract.table, _counts(contents.left)
    if counts:
        warning = f"ingest {table}: files are left alone: {', '.join(_counted(counts))}"
        LOG.warning(warning, extra={"table": table, "files": sum(counts.values())})
    for why in counts:
        paths = [path for path, each in contents.left.items() if each is why]
        LOG.warning(f"  {why}: {_named(drop, paths)}", extra={"table": table, "files": len(paths)})
    if standing:
        warning = f"ingest {table}: {standing:,} earlier batches or files stand refused (fieldstone batches list)"
        LOG.warning(warning, extra={"table": table, "refused": standing})
