"""The rule for which approvals count, used to approve a version, to load one and to verify the audit trail.

Anybody with a reviewer's key can write an entry with the action `approve`. It counts only if an earlier entry shows a
passed training of exactly this release by another person. So an approval is checked whenever it is used.
"""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeGuard

from conf.schema import finding_answers
from conf.schema.errors import Conflict, Forbidden
from conf.schema.hashing import document_sha256
from conf.schema.person_names import a_name, distinguishing_form, one_form
from lake import dsse, signatures
from lake.entries import Entry
from lake.release_documents import ModelDocument, PolicyDocument
from pipeline.registry import tracking, trainings
from pipeline.registry.tracking import ModelVersion
from pipeline.registry.trainings import Training
from pipeline.trail import attribution, releases

_PARTS = {
    releases.APPROVE: ModelDocument.__required_keys__,
    releases.APPROVE_POLICY: PolicyDocument.__required_keys__,
}
_KINDS = {releases.APPROVE: "model", releases.APPROVE_POLICY: "policy"}
_TRAINED = ("made", "figures", "gates")  # parts of the fit that a release repeats
_BETWEEN = re.compile(r"[,;/&+、，；]")  # separators of several names in one text


def why_not(entries: Sequence[Entry], entry: Entry) -> str | None:
    """Why an approval doesn't count; None if it counts.

    Args:
        entries: the audit trail; entries after the approval make no difference, see `releases.standing`.
        entry: of a version, or of the policy.
    """
    before, details = entries[: entry.number - 1], _details(entry)
    document = details.get("release")
    if not _is_release(document, entry.action):
        return f"it holds no release of a {_KINDS[entry.action]}"
    if details.get("release_sha256") != document_sha256(document):
        return "the SHA-256 that it tells isn't that of the release it holds"
    if entry.action == releases.APPROVE_POLICY:
        return None
    if document.get("spec") and document_sha256(document["spec"]) != document["spec_sha256"]:
        return "the model's declaration in its release isn't the one whose SHA-256 it tells"
    model, number = details.get("model"), details.get("version")
    if (document.get("model"), document.get("version")) != (model, number):
        return (
            f"it is about {model}:{number} and holds the release of {document.get('model')}:{document.get('version')}"
        )
    training = trainings.find(before, model or "", number or "")
    if training is None:
        return f"{model}:{number} comes of no training that the audit trail tells of before it"
    stated = details.get("answers")
    written = [(name, str(text or "")) for name, text in stated.items()] if isinstance(stated, dict) else []
    why = _why_not_approved(before, entry, training, document)
    return why or finding_answers.why_not(written, training.red_findings, finding_answers.BY_COMMAND)


def require(entries: Sequence[Entry], entry: Entry) -> None:
    """Check that an approval counts, before a version or policy is used because of it.

    Raises:
        Conflict: it doesn't.
    """
    if why := why_not(entries, entry):
        anew = "policy approve" if entry.action == releases.APPROVE_POLICY else "approve MODEL VERSION"
        raise Conflict(
            f"{named(entry)} doesn't count: {why}. Have it approved again: fieldstone {anew} --approver NAME --why TEXT"
        )


def require_allowed(entries: Sequence[Entry], approver: str, action: str, details: dict[str, Any]) -> None:
    """Check that an approval will count, before it is written.

    Args:
        details: of the entry to be written.

    Raises:
        Forbidden, UsageError: it wouldn't count.
    """
    text, number = json.dumps(details, ensure_ascii=False), len(entries) + 1
    planned = Entry(number, datetime.now(UTC), a_name(approver), action, text, "", "")
    if why := why_not(entries, planned):
        raise Forbidden(why)


def has_counted(entries: Sequence[Entry], model: str, number: str) -> bool:
    """Whether an approval of a version counted at any time."""
    approved = [entry for entry in entries if entry.action == releases.APPROVE and _is_of(entry, model, number)]
    return any(why_not(entries, entry) is None for entry in approved)


def require_decided_by(entries: Sequence[Entry], model: str, number: str, sha256: str) -> None:
    """Check that a version that made decisions was put in force by an approval that counts, whatever happened later.

    Raises:
        Conflict: no approval of this release counts.
    """
    approved = [entry for entry in entries if entry.action == releases.APPROVE and _is_of(entry, model, number)]
    objections = [why_not(entries, entry) for entry in approved if _details(entry).get("release_sha256") == sha256]
    if None not in objections:
        why = "; ".join(filter(None, objections)) or "nobody approved the release that it decided by"
        raise Conflict(f"{model}:{number} was never in force by an approval that counts: {why}")


def uncounted(entries: Sequence[Entry]) -> Iterable[str]:
    """Approvals in the audit trail that don't count, as text, oldest first."""
    for entry in entries:
        if entry.action in _KINDS and releases.has_release(entry) and (why := why_not(entries, entry)):
            yield f"{named(entry)} doesn't count: {why}"


def noted(entries: Sequence[Entry], entry: Entry) -> dict[str, str]:
    """The tags that an approval sets in the registry."""
    tags = {"approver": entry.actor, "approved_at": entry.at.isoformat(), "approved_why": _details(entry).get("why")}
    return tags | {"approval": attribution.how(entries, entry)}


def named(entry: Entry) -> str:
    """The name of an approval in error texts."""
    details = _details(entry)
    what = (
        "the policy" if entry.action == releases.APPROVE_POLICY else f"{details.get('model')}:{details.get('version')}"
    )
    return f"the approval of {what} by {entry.actor} (entry {entry.number} of the trail)"


def is_trainer(entries: Sequence[Entry], version: ModelVersion, name: str) -> bool:
    """Whether a person had a version trained; a text with several names counts if one of them did.

    If the audit trail has no training of the version, the trainer is the one that the registry names.
    """
    training = trainings.find(entries, version.name, str(version.version))
    by_tag = _identities(entries, version.tags.get("trainer", ""))
    return bool(_identities(entries, name) & (_trainers(entries, training) if training else by_tag))


def trainers(entries: Sequence[Entry], training: Training) -> list[str]:
    """Ids and logins of the people who had a version trained, who may not approve it."""
    known = signatures.released(entries).people
    people = {person.id: person for name in _trainers(entries, training) if (person := known.like(name))}
    return sorted({one_form(training.trainer), *people, *(login for p in people.values() for login in p.logins)})


def _why_not_approved(
    before: Sequence[Entry], entry: Entry, training: Training, document: dict[str, Any]
) -> str | None:
    """Why a version may not be approved, by this person or by anybody; None if it may."""
    model, number = document["model"], document["version"]
    version, made = f"{model}:{number}", training.made
    if _parties(before, entry) & _trainers(before, training):
        return f"{entry.actor} trained {version} and can't approve it; another person has to"
    if why := releases.why_ended(before, model, number):
        return f"{version} {why} and can't be approved; train another one"
    if as_of := made.get(tracking.BACKDATED):
        return f"{version} was trained as of {as_of}, an experiment that can't be approved; train one on the present"
    if made.get("passed") != "true":
        return f"{version} didn't pass its gates ({made.get('gates')}) and can't be approved"
    stated = {name: training.facts.get(name) for name in _TRAINED}
    stated |= {
        "files": training.files,
        "trainer": training.trainer,
        "trained_spec_sha256": training.facts.get("spec_sha256"),
    }
    if other := [name for name, value in stated.items() if document.get(name) != value]:
        return f"its release isn't of what was fitted (entry {training.fit.number}): {', '.join(other)}"
    return None


def _trainers(entries: Sequence[Entry], training: Training) -> set[str]:
    return _parties(entries, training.fit) | _parties(entries, training.note)


def _parties(entries: Sequence[Entry], entry: Entry) -> set[str]:
    """Identities of the people behind an entry, by the list of people in force when it was written."""
    signed = dsse.read(entry.signature)
    return _identities(entries[: entry.number - 1], *(signed.people if signed else [entry.actor]))


def _identities(entries: Sequence[Entry], *names: str) -> set[str]:
    """What tells all who are named from others, and their keys; of who isn't among the people what tells the name."""
    known = signatures.released(entries).people
    names_apart = {distinguishing_form(each) for name in names for each in _BETWEEN.split(name)} - {""}
    people = filter(None, map(known.like, names_apart))
    return names_apart.union(*({*person.forms, person.key or person.id} for person in people))


def _is_release(document: Any, action: str) -> TypeGuard[dict[str, Any]]:
    """Whether a document has the form of a release of a version or of the policy."""
    is_one = isinstance(document, dict) and document.keys() >= _PARTS[action]
    parts = {"features_sha256", "contracts_sha256", "policy"} & _PARTS[action]
    return is_one and document["kind"] == _KINDS[action] and all(isinstance(document[part], dict) for part in parts)


def _is_of(entry: Entry, model: str, number: str) -> bool:
    details = _details(entry)
    return (details.get("model"), details.get("version")) == (model, number)


def _details(entry: Entry) -> dict[str, Any]:
    details = json.loads(entry.details)
    return details if isinstance(details, dict) else {}
