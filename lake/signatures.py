"""The people who may act and whose signatures count: those released to a state at the time of an act.

A release of people is an entry of the trail, signed by one of the people released before; the first release by one of
its own people. So a later change to the file of people doesn't affect earlier signatures, and a person who is removed
from the file can't act any more.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from conf.schema import audit_actions, people, person_keys
from conf.schema.errors import Conflict, ContractError, Forbidden, NotFound, SetupError
from conf.schema.people import NOBODY, Office, People, Person
from conf.schema.settings import Settings
from conf.schema.workspace import Workspace
from lake import dsse, entry_checks, entry_times
from lake.dsse import Signed
from lake.entries import Entry

SANDBOX = "sandbox"
"""In place of a signature, where whoever types a name is believed."""

_UNWRITTEN = "Nothing was written"
_ENROL = (
    "fieldstone people enrol NAME --role ROLE, then fieldstone people release --who NAME --why TEXT (docs/people.md)"
)


@dataclass(frozen=True)
class Released:
    """The people whose acts count at some entry of a trail.

    Attributes:
        is_real: they aren't a sandbox's; from then on nobody is believed by a name alone.
        at: moment of the last entry, before which no later one counts (`lake.entry_times`).
    """

    people: People = NOBODY
    is_real: bool = False
    at: datetime | None = field(default=None, compare=False)

    def after(self, entry: Entry) -> "Released":
        """The people whose acts count after an entry; a release without the signatures that it needs is ignored."""
        at = entry_times.latest(self.at, entry)
        if entry.action != audit_actions.RELEASE_PEOPLE or entry_checks.lacking(entry) or _wrong(entry, self):
            return replace(self, at=at)
        return Released(_listed(entry), self.is_real or not _details(entry).get("sandbox"), at)

    def believes(self, settings: Settings) -> bool:
        """Whether a name outside these people is accepted without a signature: only in a sandbox."""
        return not self.is_real and (settings.is_sandbox or bool(self.people.people))


def released(entries: Iterable[Entry]) -> Released:
    """The people whose acts count after all entries."""
    standing = Released()
    for entry in entries:
        standing = standing.after(entry)
    return standing


def of_act(workspace: Workspace, entries: Sequence[Entry], known: Released, entry: Entry, state: str) -> str | None:
    """The signature of an entry that is about to be written.

    Args:
        entries: before it.
        known: the people whose acts count.
        state: identity of the state.

    Returns:
        Signatures as they are kept; `SANDBOX` where somebody is believed by the name; None for an act of the operator
        where there are no people yet.

    Raises:
        FieldstoneError: an actor may not do it, or can't prove their identity.
    """
    names = _names(entry)
    if entry.action == audit_actions.RELEASE_PEOPLE:
        _require_releasable(known, entry, entries)
        known = _counting(known, entry)
    elif not all(map(known.people.find, names)):
        if known.believes(workspace.settings):
            return SANDBOX
        if entry.action in audit_actions.BY_OPERATOR and not known.is_real:
            return None
    else:
        _require_as_released(known.people, workspace, names)
    pairs = [_signing(workspace.settings, known.people, name, entry) for name in names]
    if why_not := _why_not(replace(entry, at=entry_times.latest(known.at, entry)), pairs):
        raise Forbidden(f"{why_not}. {_UNWRITTEN}")
    unsigned = Signed(state, tuple(person.id for person, _ in pairs), tuple(signer.id for _, signer in pairs))
    keys = [_private_key(workspace.settings, signer) for _, signer in pairs]
    return dsse.sign(entry, unsigned, keys).written()


def findings(entries: Iterable[Entry]) -> list[str]:
    """Describe each fault of the signatures of a trail."""
    faults, known, believed = list[str](), Released(), False
    for entry in entries:
        why_not, before, known = _wrong(entry, known), known, known.after(entry)
        believed = believed or entry.signature == SANDBOX
        if believed and known.is_real and not before.is_real:
            why_not = why_not or "makes a real state of a sandbox, where nobody had signed"
        if why_not:
            faults.append(f"entry {entry.number} ({entry.action} by {entry.actor}) {why_not}")
    return faults


def signers(entry: Entry) -> str:
    """The signers of an entry, as text for a table."""
    signed = dsse.read(entry.signature)
    return ", ".join(signed.signers) if signed else entry.signature or ""


def counted(entries: Iterable[Entry]) -> str:
    """The number of signed acts, in words."""
    whose = [entry.signature for entry in entries if entry.action not in audit_actions.OF_JOBS]
    believed, unsigned = whose.count(SANDBOX), whose.count(None)
    text = f"{len(whose) - believed - unsigned:,} acts signed by the keys of those who did them"
    text += f", {believed:,} believed as in a sandbox" if believed else ""
    return text + (f", {unsigned:,} of before there were people" if unsigned else "")


def _wrong(entry: Entry, known: Released) -> str | None:
    """What is wrong with the signature of an entry, by the people who counted before it."""
    if entry.action in audit_actions.OF_JOBS:
        return None
    if entry.signature is None or entry.signature == SANDBOX:
        return "isn't signed" if known.is_real or entry.action == audit_actions.RELEASE_PEOPLE else None
    if (signed := dsse.read(entry.signature)) is None:
        return "has a signature that is none"
    counting = _counting(known, entry).people
    pairs = [(counting.find(who), counting.find(by)) for who, by in zip(signed.people, signed.signers, strict=True)]
    known_pairs = [(person, signer) for person, signer in pairs if person and signer]
    if len(known_pairs) < len(pairs):
        return "is signed by somebody who wasn't among the people then"
    if [counting.identity(name) for name in _names(entry)] != [*signed.people]:
        return f"is signed as an act of {', '.join(signed.people)}"
    dated = replace(entry, at=entry_times.latest(known.at, entry))
    return _why_not(dated, known_pairs) or dsse.wrong(entry, signed, [signer for _, signer in known_pairs])


def _counting(known: Released, entry: Entry) -> Released:
    """Who may sign an entry: the people before it, or for the first release those that it releases."""
    is_first = entry.action == audit_actions.RELEASE_PEOPLE and not known.people.people
    return replace(known, people=_listed(entry), is_real=False) if is_first else known


def _require_releasable(known: Released, entry: Entry, entries: Iterable[Entry]) -> None:
    if _details(entry).get("sandbox"):
        if known.is_real:
            raise Conflict(f"this state has real people, and can't become a sandbox. {_UNWRITTEN}")
    elif (known.people.people and not known.is_real) or any(each.signature == SANDBOX for each in entries):
        raise Conflict(
            "this state began as a sandbox, where names were believed; real people need a state of their own "
            f"(FIELDSTONE_HOME). {_UNWRITTEN}"
        )
    if not _listed(entry).signing(audit_actions.OWNERS[audit_actions.RELEASE_PEOPLE], entry.at.date()):
        raise ContractError(
            "with this list nobody could release people again, because it has no auditor or privacy officer with a "
            "key who may act today; leave one in the list, or enrol another first. " + _UNWRITTEN
        )


def _require_as_released(known: People, workspace: Workspace, names: Iterable[str]) -> None:
    """Check that each actor's entry in the file is as it was released: a person removed from the file can't act."""
    for person in filter(None, map(known.find, names)):
        if workspace.people.find(person.id) != person:
            raise Conflict(
                f"what {workspace.people_file} says of {person.id} is missing or differs from what was released to "
                f"this state; put it back, or release it: fieldstone people release --who NAME --why TEXT. {_UNWRITTEN}"
            )


def _signing(settings: Settings, known: People, name: str, entry: Entry) -> tuple[Person, Person]:
    """The person who acts, and the owner of the signing key: the same person, or a service on their behalf.

    Raises:
        FieldstoneError: nobody is called so, or neither key is here.
    """
    person = known.find(name)
    if person is None:
        there = ", ".join(each.id for each in known.people.values()) or "none"
        raise NotFound(
            f"nobody is called {name} among the people of this state (there are: {there}). Enrol them: {_ENROL}. For "
            f"a sandbox, which has no real people's data, set FIELDSTONE_SANDBOX=1. {_UNWRITTEN}"
        )
    if person_keys.find(settings, person):
        return person, person
    service = known.find(settings.operator)
    if service and Office.SERVICE in service.roles and person_keys.find(settings, service):
        return person, service
    raise Forbidden(
        f"{entry.action} by {person.id} has to be signed by the key {person.key_id or 'that nobody has enrolled'}, and "
        f"it isn't in {settings.person_key or person_keys.folder(settings)}; set its path in FIELDSTONE_PERSON_KEY. A "
        f"person who has lost their key is enrolled again (docs/people.md). {_UNWRITTEN}"
    )


def _private_key(settings: Settings, signer: Person) -> tuple[str, Ed25519PrivateKey]:
    key = person_keys.find(settings, signer)
    if key is None or signer.key_id is None:
        raise SetupError(
            f"the key of {signer.id} isn't in its place any more; put it back and sign again. {_UNWRITTEN}"
        )
    return signer.key_id, key


def _why_not(entry: Entry, pairs: Sequence[tuple[Person, Person]]) -> str | None:
    """Why these people may not do the act, or these keys may not sign it; None if they may."""
    owners, day = audit_actions.OWNERS.get(entry.action, frozenset()), entry.at.date()
    for person, signer in pairs:
        if outside := next((each for each in (person, signer) if not each.is_current(day)), None):
            return f"{outside.id} may act from {outside.since} to {outside.until or 'further notice'}, not on {day}"
        if not owners & {*person.roles}:
            offices = ", ".join(sorted(owners)) or "nobody: list it in conf/schema/audit_actions.py"
            return f"{person.id} is {', '.join(person.roles)}, and {entry.action} is for {offices}"
        if signer != person and not (Office.SERVICE in signer.roles and entry.action in audit_actions.FOR_OTHERS):
            return f"{signer.id} has signed for {person.id}, who has to sign {entry.action} personally"
    people_and_keys = [{person.id for person, _ in pairs}, {signer.key_id for _, signer in pairs}]
    if min(map(len, people_and_keys)) < len(pairs):
        return f"{entry.action} takes {len(pairs)} people with a key each, and one of them is there twice"
    return None


def _names(entry: Entry) -> list[str]:
    """The people named by an entry as its actors."""
    approver = _details(entry).get("approved_by") if entry.action == "hand over" else None
    return [*entry.actor.split(", "), *([approver] if approver else [])]


def _listed(entry: Entry) -> People:
    """The people whom an entry releases; none if its details can't be read."""
    try:
        return people.listed(Person.model_validate(each) for each in _details(entry)["people"])
    except (ValueError, TypeError, KeyError):
        return NOBODY


def _details(entry: Entry) -> dict[str, Any]:
    try:
        details = json.loads(entry.details)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", details) if isinstance(details, dict) else {}
