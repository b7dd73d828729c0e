"""What stops a source by the audit trail: people suspended it, or it has left for good.

The tables of suspensions and exits say the same, for reports; nothing rests on them, since their rows can be deleted.
"""

import json
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from lake import forms
from lake.entries import of_record

_EXIT, _SUSPEND, _RESUME = "exit", "partner-suspend", "partner-resume"


def closed(records: Iterable[dict[str, Any]]) -> set[str]:
    """Sources that have left.

    Args:
        records: rows of the trail.
    """
    return {source for action, source in _stops(records) if action == _EXIT}


def suspended(records: Iterable[dict[str, Any]]) -> set[str]:
    """Sources that are suspended for the time being, see `closed`."""
    latest = {source: action for action, source in _stops(records) if action in (_SUSPEND, _RESUME)}
    return {source for source, action in latest.items() if action == _SUSPEND}


def _stops(records: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Action and source of each entry that stops one, or lets it go on, oldest first."""
    ours = [record for record in records if record.get("action") in (_EXIT, _SUSPEND, _RESUME)]
    entries = [entry for record in ours if (entry := of_record(record))]
    counting = forms.counting(sorted(entries, key=attrgetter("number")))
    return [(e.action, json.loads(e.details)["source"]) for e in counting if not e.action.startswith(forms.SET_ASIDE)]
