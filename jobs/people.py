"""`fieldstone people enrol|list|release`: who may act in a state, by which keys (`conf.people`)."""

import getpass
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from conf import acts, people, person_keys
from conf.errors import FieldstoneError
from conf.people import Office, People, Person
from jobs.context import Context
from lake import drafts, signatures

_WIDE = 160  # columns at least, so that a table that is piped stays readable


def enrol(context: Context, name: str, roles: list[str], logins: list[str], until: date | None) -> None:
    """Make a key pair for somebody: the private key stays with them, the public one comes among the people.

    It counts once it is released. Of somebody who is there already only what is to be put in is printed.

    Raises:
        FieldstoneError: the name is another's, or no passphrase is given.
    """
    workspace, file = context.workspace, context.workspace.people_file
    known = workspace.people.find(name)
    stated = {"id": known.id if known else name, "name": name, "roles": roles, "logins": logins}
    stated |= {"from": datetime.now(UTC).date(), "until": until}
    others = [each for each in workspace.people.people.values() if each != known]
    people.listed([*others, _person(stated)])  # whoever can't be one of them gets no key
    place = person_keys.folder(workspace.settings)
    key = person_keys.made(place, _passphrase(name, roles))
    person = _person(stated | {"key": key})
    if known:
        print(f"people: {known.id} is in {file} already; put this in its place, and release it:\n{_block(person)}")
    else:
        _add(file, _block(person))
        print(f"people: {person.id} is in {file}, and counts once that is released (fieldstone people release)")
    print(f"people: the private key is in {place / f'{person.key_id}.pem'}; it is {person.name}'s alone")


def list_people(context: Context) -> None:
    """Print the people, and whether they count: what the file says has to be what was released."""
    released, stated = signatures.released(context.trail.entries()).people, context.workspace.people
    table = Table("who", "roles", "known as", "key", "from", "until", "counts")
    for person in {each.id: each for each in (*released.people.values(), *stated.people.values())}.values():
        is_released = released.find(person.id) == stated.find(person.id)
        counts = "yes" if is_released and person.is_current(datetime.now(UTC).date()) else "no"
        why = "" if is_released else f": what {context.workspace.people_file.name} says isn't released"
        days = (str(person.since), str(person.until or ""))
        roles, logins = ", ".join(person.roles), ", ".join(person.logins)
        table.add_row(person.id, roles, logins, person.key_id or "none", *days, counts + why)
    Console(width=max(Console().width, _WIDE), markup=False, highlight=False).print(table)


def release(context: Context, who: str, why: str) -> None:
    """Let the people be those of the file from now on; signed by an auditor or a privacy officer among those before.

    Raises:
        FieldstoneError: somebody else would release them, or what was a sandbox would become real.
    """
    workspace, before = context.workspace, signatures.released(context.trail.entries()).people
    now = workspace.people
    changes = _changes(before, now)
    if not any(changes.values()):
        print("people: nothing new, all of them were released already")
        return
    is_sandbox = workspace.settings.is_sandbox or workspace.people_file.is_relative_to(
        workspace.settings.sandbox_people
    )
    stated = [person.stated() for person in now.people.values()]
    entry = context.trail.record(who, acts.RELEASE_PEOPLE, why=why, sandbox=is_sandbox, people=stated, **changes)
    told = "; ".join(f"{what} {', '.join(names)}" for what, names in changes.items() if names)
    print(f"people: released by {who} in entry {entry.number:,}: {told}{' (a sandbox)' if is_sandbox else ''}")


def _changes(before: People, now: People) -> dict[str, list[str]]:
    old, new = ({person.id: person for person in each.people.values()} for each in (before, now))
    return {
        "added": sorted(new.keys() - old.keys()),
        "changed": sorted(name for name in new.keys() & old.keys() if new[name] != old[name]),
        "taken_out": sorted(old.keys() - new.keys()),
    }


def _person(stated: dict) -> Person:
    try:
        return Person.model_validate(stated)
    except ValueError as error:
        raise FieldstoneError(f"{stated['name']} can't be enrolled: {error.errors()[0]['msg']}") from None


def _passphrase(name: str, roles: list[str]) -> str | None:
    """The passphrase of a new key, typed twice; a service may have none, for nobody types it."""
    given = os.environ.get(person_keys.PASSPHRASE) or None
    if given or not sys.stdin.isatty():
        return given if given or Office.SERVICE in roles else person_keys.passphrase(name)
    first, again = (getpass.getpass(f"{ask} of {name}: ") for ask in ("a new passphrase", "once more, the passphrase"))
    if first != again:
        raise FieldstoneError("the two passphrases differ; nothing was written")
    return first


def _block(person: Person) -> str:
    stated = {name: value for name, value in person.stated().items() if name != "id" and value}
    text = yaml.safe_dump({person.id: stated}, allow_unicode=True, sort_keys=False, default_flow_style=None)
    return "".join(f"  {line}\n" for line in text.splitlines())


def _add(file: Path, block: str) -> None:
    before = file.read_text(encoding="utf-8") if file.exists() else "people:\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    drafts.replace(file, (before.rstrip("\n") + "\n" + block).encode())
