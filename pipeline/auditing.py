"""Verifies the audit trail, the rows that it seals and the registry; accepts what is left after a loss."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack

from conf.schema.errors import IntegrityError
from conf.schema.naming import parse
from lake import entry_checks, seals, signatures
from lake.audit import ACCEPT
from lake.entries import Entry
from pipeline.context import Context
from pipeline.features import build_notes
from pipeline.features.build import LABELS, SCORING, TRAINING
from pipeline.releases import approvals, verification
from pipeline.results.governance import LostEntries, TrailAccepted, TrailVerified

LOG = logging.getLogger(__name__)


def verify(context: Context) -> TrailVerified:
    """Check every link of the trail, its head and its anchor, all rows that it seals, and the registry against it.

    Raises:
        FieldstoneError: entries, or rows that they seal, were changed or are missing.
    """
    context.trail.require_whole()
    if faults := _faults(context):
        raise IntegrityError(
            f"the audit trail is whole, but the state differs from it: {'; '.join(faults)}. Restore the last backup "
            "into an empty folder (fieldstone restore FOLDER), or correct it: approve or retire the model version "
            "again; if you know why rows differ, accept them, which is recorded in the trail: fieldstone "
            "audit accept --who NAME --why TEXT"
        )
    entries, sealed_rows = context.trail.entries(), _sealed(context)
    lost, signed, uncounted = tuple(_lost(entries)), signatures.counted(entries), tuple(approvals.uncounted(entries))
    for each in lost:
        LOG.info(f"audit: entries {each.first:,} to {each.last:,} are lost, as entry {each.recorded_in:,} records")
    LOG.info(f"audit: {len(entries):,} entries, each linked to the one before, up to the head and the anchor")
    LOG.info(f"audit: {signed}")
    for approval in uncounted:
        LOG.info(f"audit: {approval}; another one is in force, or none")
    LOG.info(f"audit: decisions, consents, suspensions and exits as they were sealed: {_row_counts(sealed_rows)}")
    return TrailVerified(len(entries), lost, signed, uncounted, sealed_rows)


def accept(context: Context, who: str, why: str) -> TrailAccepted:
    """Accept the rest of the trail if its end, its head or its anchor is lost, and the sealed rows as they are now.

    Raises:
        FieldstoneError: nothing is lost or changed, or entries of the trail were: that
            only a backup mends.
    """
    trail = context.trail
    changed = seals.findings(trail) if not trail.chain(trail.stored()) else {}
    # an entry stays after its rows are erased, so it must not contain anything about an erased person
    unnamed = [text for texts in seals.findings(trail, is_named=False).values() for text in texts] if changed else []
    anew = [seal for table in changed if context.lake.exists(table) for seal in seals.anew(trail, table)]
    rows = [text for texts in changed.values() for text in texts]
    aside = entry_checks.set_aside(trail.stored())
    note = trail.record if (rows or aside) and not trail.verify() else trail.accept
    entry = note(who, ACCEPT, why=why, rows=unnamed, seals=anew, set_aside=[*aside])
    accepted = (*json.loads(entry.details).get("found", []), *rows, *aside.values())
    LOG.info(f"audit: accepted by {who} in entry {entry.number:,}: {'; '.join(accepted)}")
    return TrailAccepted(entry.number, who, accepted)


def _lost(entries: Iterable[Entry]) -> Iterator[LostEntries]:
    for entry in (entry for entry in entries if entry.action == ACCEPT):
        if lost := json.loads(entry.details).get("gone"):
            first, last = (pick(mark["number"] for mark in lost) for pick in (min, max))
            yield LostEntries(first, last, entry.number)


def _faults(context: Context) -> list[str]:
    """Differences from the trail, as text, checked while no sealed table is written."""
    with ExitStack() as locks:
        sealed = seals.tables(context.lake)
        silver = [table for table in sealed if parse(table).layer == "silver"]
        # in the order of an erasure, to avoid a deadlock; `TRAINING` is the lock of all built tables
        for table in (*silver, TRAINING, *(table for table in sealed if table not in silver)):
            locks.enter_context(context.lake.lock(table, wait_seconds=600))
        rows = [text for texts in seals.findings(context.trail).values() for text in texts]
        rows += build_notes.findings(context, (TRAINING, SCORING, LABELS))
    return [*entry_checks.set_aside(context.trail.stored()).values(), *rows, *verification.differences(context)]


def _sealed(context: Context) -> dict[str, int]:
    return {table: context.lake.count(table) for table in seals.tables(context.lake)}


def _row_counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} rows of {table}" for table, count in rows.items()) or "none yet"
