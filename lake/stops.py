"""Sources stopped by an entry of the audit trail: suspended by people, or left for good.

The tables of suspensions and exits repeat this for reports; no check relies on them, because rows can be deleted.
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
    """Sources that have left, whose remaining rows are stored and not read; `EVERYTHING` is the whole service."""
    return {source for action, source in _stops(lake) if action == _EXIT}


def has_left(lake: "Storage", source: str | None) -> bool:
    """Whether a source has left, or the whole service has ended; without a source (None), only the latter counts."""
    return bool({source, EVERYTHING} & closed(lake))


def suspended(lake: "Storage") -> set[str]:
    """Sources that are suspended: no data is pulled from them for now."""
    latest = {source: action for action, source in _stops(lake) if action in (_SUSPEND, _RESUME)}
    return {source for source, action in latest.items() if action == _SUSPEND}


def _stops(lake: "Storage") -> list[tuple[str, str]]:
    """Action and source of each entry that stops a source or lets it continue, oldest first."""
    records = lake.records(table_names.TRAIL) if lake.exists(table_names.TRAIL) else []
    ours = [record for record in records if record.get("action") in _ACTIONS]
    entries = [entry for record in ours if (entry := of_record(record))]
    counting = entry_checks.counting(sorted(entries, key=attrgetter("number")))
    return [(entry.action, json.loads(entry.details)["source"]) for entry in counting if entry.action in _ACTIONS]
