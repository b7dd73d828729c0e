"""Which entries of the audit trail count: those with all details that their readers need, see `lake.entry_details`.

An incomplete entry isn't written. If another client wrote one, it is set aside: it has no effect, `fieldstone audit
verify` reports it, and the other entries stay usable.
"""

import json
from collections.abc import Iterable
from dataclasses import replace

from pydantic import ValidationError

from conf.schema import audit_actions
from conf.schema.person_names import one_form
from lake import entry_details
from lake.entries import Entry

_SET_ASIDE = "set aside: "
"""Before the action of an entry that counts for nothing."""


def lacking(entry: Entry) -> str | None:
    """The details that an entry lacks for its action, in words without any value; None if it is complete."""
    names = {one_form(name) for name in entry.actor.split(", ")}
    if len(names) < (needed := audit_actions.TAKES.get(entry.action, 1)):
        return f"it takes {needed} people"
    try:
        form = entry_details.BY_ACTION.get(entry.action, entry_details.ANY)
        form.validate_python(json.loads(entry.details), strict=True)
    except ValidationError as error:
        errors = error.errors(include_input=False, include_url=False)
        return "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'details'}: {each['msg'].lower()}" for each in errors[:5]
        )
    except (ValueError, RecursionError):
        return "details: they are no JSON"
    return None


def counting(entries: Iterable[Entry]) -> list[Entry]:
    """Entries for their readers: incomplete ones are emptied, under an action that no reader looks for."""
    return [
        replace(entry, action=f"{_SET_ASIDE}{entry.action}", details="{}") if lacking(entry) else entry
        for entry in entries
    ]


def set_aside(entries: Iterable[Entry]) -> dict[int, str]:
    """Number of each entry set aside → what it lacks, in words; without those that a person has accepted."""
    texts: dict[int, str] = {}
    accepted: set[int] = set()
    for entry in entries:
        if why := lacking(entry):
            texts[entry.number] = f"entry {entry.number} ({entry.action} by {entry.actor}) counts for nothing: {why}"
        elif entry.action in audit_actions.ACCEPTING:
            accepted |= {*json.loads(entry.details).get("set_aside", ())}
    return {number: text for number, text in texts.items() if number not in accepted}
