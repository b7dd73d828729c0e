"""What stops a source by the audit trail: people suspended it, or it has left for good.

The tables of suspensions and exits say the same, for reports; nothing rests on them, since their rows can be deleted.
"""

import json
from operator import attrgetter
from typing import TYPE_CHECKING

from conf.schema import table_names
from lake import entry_checks
from lake.entries import of_record

if TYPE_CHECKING:
    from lake.storage import Storage

EVERYTHING = "*"
"""In place of a source: the whole service."""

_ACTIONS = _EXIT, _SUSPEND, _RESUME = "exit", "partner-suspend", "partner-resume"


def closed(lake: "Storage") -> set[str]:
    """Sources that have left, of which what remains is stored and not read; `EVERYTHING` is the whole service."""
    return {source for action, source in _stops(lake) if action == _EXIT}


def has_left(lake: "Storage", source: str | None) -> bool:
    """Whether a source has left, or the whole service has ended; what is of no source, None, leaves with that alone."""
    return bool({source, EVERYTHING} & closed(lake))


def suspended(lake: "Storage") -> set[str]:
    """Sources that nothing is pulled from for the time being."""
    latest = {source: action for action, source in _stops(lake) if action in (_SUSPEND, _RESUME)}
    return {source for source, action in latest.items() if action == _SUSPEND}


def _stops(lake: "Storage") -> list[tuple[str, str]]:
    """Action and source of each entry that stops one, or lets it go on, oldest first."""
    records = lake.records(table_names.TRAIL) if lake.exists(table_names.TRAIL) else []
    ours = [record for record in records if record.get("action") in _ACTIONS]
    entries = [entry for record in ours if (entry := of_record(record))]
    counting = entry_checks.counting(sorted(entries, key=attrgetter("number")))
    return [(entry.action, json.loads(entry.details)["source"]) for entry in counting if entry.action in _ACTIONS]
