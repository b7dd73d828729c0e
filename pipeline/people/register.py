"""The people who may act in a state, and their keys; the file must equal the released one (`conf.schema.people`)."""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime

from conf.schema import audit_actions
from conf.schema.people import People, Person
from lake import signatures, state
from pipeline.context import Context
from pipeline.results.governance import PeopleReleased, PersonListed

LOG = logging.getLogger(__name__)

_TITLES = {
    "name": "name",
    "roles": "roles",
    "logins": "logins",
    "key_id": "key",
    "since": "from",
    "until": "until",
}


def listed(context: Context) -> tuple[PersonListed, ...]:
    """Everybody in the file or in the release, and whether they may act.

    If there is no state, none is created, and nobody may act.
    """
    return tuple(
        PersonListed(
            id=person.id,
            name=person.name,
            roles=tuple(map(str, person.roles)),
            logins=person.logins,
            key_id=person.key_id,
            since=person.since,
            until=person.until,
            counts=why_not is None,
            why_not=why_not or None,
        )
        for person, why_not in _standing(context)
    )


def _standing(context: Context) -> Iterator[tuple[Person, str | None]]:
    """Everybody, and why they may not act: None if they may, empty if their first and last days show it."""
    workspace, stated = context.workspace, context.workspace.people
    released = People()
    if state.is_there(workspace.settings.home):
        released = signatures.released(context.trail.entries()).people
    for person in {each.id: each for each in (*released.people.values(), *stated.people.values())}.values():
        before, now = released.find(person.id), stated.find(person.id)
        if before != now:
            yield person, _differs(before, now)
        else:
            yield person, None if person.is_current(datetime.now(UTC).date()) else ""


def release(context: Context, who: str, why: str) -> PeopleReleased:
    """Release all people of the file; an auditor or a privacy officer among the earlier people has to sign.

    Raises:
        FieldstoneError: another person would release them, nobody would be left who can release people, or a sandbox
            would become a real state.
    """
    workspace, before = context.workspace, signatures.released(context.trail.entries()).people
    now = workspace.people
    changes = _changes(before, now)
    if not any(changes.values()):
        LOG.info("people: nothing new, all of them were released already")
        return PeopleReleased(None, changes, None)
    is_sandbox = workspace.settings.is_sandbox or workspace.people_file.is_relative_to(
        workspace.settings.sandbox_people
    )
    stated = [person.stated() for person in now.people.values()]
    entry = context.trail.record(
        who, audit_actions.RELEASE_PEOPLE, why=why, sandbox=is_sandbox, people=stated, **changes
    )
    named = "; ".join(
        f"{what} {', '.join(_person(before, now, name) for name in names)}" for what, names in changes.items() if names
    )
    LOG.info(f"people: released by {who} in entry {entry.number:,}: {named}{' (a sandbox)' if is_sandbox else ''}")
    if few := _few(now, entry.at.date()):
        LOG.warning(f"people: warning: {few}")
    return PeopleReleased(entry.number, changes, few)


def _few(now: People, day: date) -> str | None:
    """A warning if soon nobody may be left who can release people; None if there are enough."""
    left = now.signing(audit_actions.OWNERS[audit_actions.RELEASE_PEOPLE], day)
    last = max((person.until for person in left if person.until), default=None)
    if len(left) == 1:
        warning = f"{left[0].id} alone can release people from now on; a lost key locks them for good"
    elif all(person.until for person in left):
        warning = f"nobody can release people after {last}"
    else:
        return None
    return f"{warning}. Enrol and release another auditor or privacy officer (docs/people.md)"


def _changes(before: People, now: People) -> dict[str, list[str]]:
    old, new = ({person.id: person for person in each.people.values()} for each in (before, now))
    return {
        "added": sorted(new.keys() - old.keys()),
        "changed": sorted(name for name in new.keys() & old.keys() if new[name] != old[name]),
        "taken_out": sorted(old.keys() - new.keys()),
    }


def _person(before: People, now: People, name: str) -> str:
    """Text on a person who was added, changed or removed; for a change, with what changed."""
    was, says = before.people.get(name), now.people.get(name)
    return f"{name} ({', '.join(_fields(was, says))})" if was and says else name


def _differs(before: Person | None, now: Person | None) -> str:
    """Text on the differences of a person between the file and the release."""
    if before is None or now is None:
        return "the file doesn't have them any more" if before else "isn't released"
    return f"isn't released: {', '.join(_fields(before, now))}"


def _fields(before: Person, now: Person) -> Iterator[str]:
    for field, word in _TITLES.items():
        was, says = (_shown(getattr(each, field)) for each in (before, now))
        if was != says:
            yield f"{word} {was} -> {says}"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value or "none")
