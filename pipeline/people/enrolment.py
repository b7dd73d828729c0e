"""Enrolment of a person with a key of their own, with which they can act once they are released."""

import getpass
import logging
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from conf.schema import drafts, people, person_keys, yaml_reader
from conf.schema.errors import Conflict, NotFound, UsageError
from conf.schema.people import Office, People, Person
from conf.schema.person_names import distinguishing_form
from pipeline.context import Context
from pipeline.results.governance import Enrolled

LOG = logging.getLogger(__name__)


def enrol(
    context: Context,
    name: str,
    id: str | None,
    roles: list[str],
    logins: list[str],
    until: date | None,
    is_new_key: bool,
) -> Enrolled:
    """Make a key pair for a person: the private key stays with them, the public one is added to the people.

    The key counts once it is released. The state isn't read or written, so that people can do this on their own
    machine.

    Args:
        name: name as people write it; with `is_new_key` it may also be the id or a login.
        id: id of the person alone; by default the name in its one form.
        is_new_key: whether an enrolled person gets another key and everything else stays; then the entry for the file
            is only printed.

    Raises:
        FieldstoneError: nobody has this name, or another person has it, or there is no passphrase.
    """
    workspace, file = context.workspace, context.workspace.people_file
    known = _known(workspace.people, name) if is_new_key else None
    if known and (id or roles or logins or until):
        raise UsageError("--new-key changes the key only; leave out --id, --role, --login, --until")
    if not (known or roles):
        raise UsageError(f"state the role of {name}: --role ROLE, one or more of {', '.join(Office)}")
    stated = known.stated() if known else _stated(workspace.people, name, id, roles, logins, until)
    _among(workspace.people, stated)  # a person who can't be added gets no key
    place = person_keys.folder(workspace.settings)
    key = person_keys.made(place, _passphrase(stated["name"], stated["roles"]))
    person = _among(workspace.people, stated | {"key": key})
    is_in_file = not known and _is_added(file, person)
    if not is_in_file:
        there = f"{known.id} is in {file} already" if known else f"{file} isn't laid out so that it could be added to"
        LOG.info(f"people: {there}; put this in its place, and release it:\n{_block(person)}")
    else:
        LOG.info(f"people: {person.id} is in {file}, and counts once that is released (fieldstone people release)")
    private_key = place / f"{person.key_id}.pem"
    LOG.info(f"people: the private key is in {private_key}; it is {person.name}'s alone")
    return Enrolled(person.id, person.key_id, is_in_file, str(private_key), None if is_in_file else _block(person))


def _known(known: People, name: str) -> Person:
    if person := known.find(name):
        return person
    named = _namesakes(known, name)
    if len(named) == 1:
        return named[0]
    there = ", ".join(person.id for person in named or known.people.values()) or "none"
    raise NotFound(f"nobody who can get a new key has the id or login {name}; give one of these: {there}")


def _stated(
    known: People, name: str, id: str | None, roles: list[str], logins: list[str], until: date | None
) -> dict[str, Any]:
    """The declaration of a new person; a name that an enrolled person has is refused."""
    there = known.like(id or name) or (None if id else next(iter(_namesakes(known, name)), None))
    if there:
        raise Conflict(
            f"{id or name} is in the list already: {there.id}, {there.name}, {', '.join(there.roles)}. Another person "
            f"of that name needs an id of their own: --id '{there.id}2', say. The same person with a new key: "
            f'fieldstone people enrol "{there.id}" --new-key'
        )
    entry = {"id": id or name, "name": name, "roles": roles, "logins": logins}
    return entry | {"from": datetime.now(UTC).date(), "until": until}


def _namesakes(known: People, name: str) -> list[Person]:
    return [person for person in known.people.values() if distinguishing_form(person.name) == distinguishing_form(name)]


def _among(known: People, stated: dict[str, Any]) -> Person:
    """The person of a declaration, checked together with the other people; replaces a person with the same id.

    Raises:
        ContractError: the declaration isn't valid.
    """
    what = f"{stated['name']} can't be enrolled: the entry is"
    person = yaml_reader.checked(Person, stated, what)
    others = [each.stated() for each in known.people.values() if each.id != person.id]
    yaml_reader.checked(People, {"people": {each["id"]: each for each in [*others, person.stated()]}}, what)
    return person


def _passphrase(name: str, roles: list[str]) -> str | None:
    """The passphrase of a new key, entered twice; a service may have none, because nobody can enter it."""
    stated = os.environ.get(person_keys.PASSPHRASE) or None
    if stated or not sys.stdin.isatty():
        return stated if stated or Office.SERVICE in roles else person_keys.passphrase(name)
    first, again = (getpass.getpass(f"{ask} of {name}: ") for ask in ("a new passphrase", "once more, the passphrase"))
    if first != again:
        raise UsageError("the two passphrases differ; nothing was written")
    return first


def _block(person: Person) -> str:
    stated = {name: value for name, value in person.stated().items() if name != "id" and value}
    text = yaml.safe_dump({person.id: stated}, allow_unicode=True, sort_keys=False, default_flow_style=None)
    return "".join(f"  {line}\n" for line in text.splitlines())


def _is_added(file: Path, person: Person) -> bool:
    """Whether a person could be added at the end of the file, so that its comments and layout stay."""
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    if not people.read(file).people:  # only comments, `people:` or `people: {}`
        comments = [line for line in before.splitlines() if line.startswith("#")]
        before = "\n".join([*comments, "people:"])
    text = before.rstrip("\n") + "\n" + _block(person)
    try:
        added = yaml.safe_load(text)["people"][person.id]["key"] == person.key
    except (yaml.YAMLError, KeyError, TypeError):
        added = False
    if added:
        file.parent.mkdir(parents=True, exist_ok=True)
        drafts.replace(file, text.encode())
    return added
