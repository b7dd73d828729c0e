"""Times of entries: none may be earlier than that of the entry before it, or later than now.

Clocks of several hosts differ a little, which is let be. Beyond that somebody has dated an act back or a clock was
wrong; `fieldstone audit verify` names it, and nothing further is written until somebody has accepted it. Whatever an
entry says, it counts as of no day before that of an earlier one: who may act no more can't act as of yesterday.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from lake.entries import Entry

TOLERANCE = timedelta(minutes=5)
_ACCEPT = "accept trail"


def latest(before: datetime | None, entry: Entry) -> datetime:
    """The moment as of which an entry counts: the latest of its own time and those of all entries before it.

    Args:
        before: this moment of the entry before; None for the first entry.
    """
    # whoever accepts has looked at it, and begins anew: otherwise a clock that was wrong once would be so for good
    return entry.at if before is None or entry.action == _ACCEPT else max(before, entry.at)


def findings(entries: Iterable[Entry]) -> list[str]:
    """Describe each entry dated before an earlier one, or after now, that nobody has accepted."""
    faults, before = list[str](), None
    for entry in entries:
        if entry.action == _ACCEPT:
            faults = []
        elif before and entry.at < before - TOLERANCE:
            faults.append(f"entry {entry.number} ({entry.action} by {entry.actor}) is dated before an earlier one")
        before = latest(before, entry)
    if before and before > datetime.now(UTC) + TOLERANCE:
        faults.append(
            f"the last entry is dated {before:%Y-%m-%d %H:%M} UTC, which is to come: the clock was wrong then or is now"
        )
    return faults
