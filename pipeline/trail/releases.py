"""Releases in the audit trail: the versions and the policy that were approved and not ended since.

A release is a document, canonical JSON, of all that determines a model version. The entry of its approval has it. The
audit trail alone decides which version is in force; the registry's aliases only have to agree with it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conf.schema import earlier_names
from conf.schema.errors import Conflict
from conf.schema.hashing import document_sha256
from lake.audit import Entry
from lake.release_documents import FORMAT, Document, ModelDocument, PolicyDocument

APPROVE, RETIRE, REJECT, SEND_BACK = "approve", "retire", "reject", "send back"
APPROVE_POLICY = "approve policy"
_ENDS = {RETIRE: "is retired", REJECT: "was rejected", SEND_BACK: "was sent back"}


@dataclass(frozen=True)
class Release:
    """An approved version of a model.

    Attributes:
        entry: number of its entry in the audit trail.
        document: the approved one.
        sha256: of the document as canonical JSON.
    """

    entry: int
    at: datetime
    approver: str
    document: ModelDocument
    sha256: str

    @property
    def version(self) -> str:
        """The released version of the model."""
        return self.document["version"]


def approval_details(document: Document) -> dict[str, Any]:
    """The details of the entry that approves a document."""
    return {"release_sha256": document_sha256(document), "release": document}


def standing(entries: Iterable[Entry], model: str) -> Entry | None:
    """The last approval of a model's version that wasn't ended since; None if there is none.

    `pipeline.releases.approvals` decides whether it counts.
    """
    last = None
    for entry in entries:
        if (entry.action == APPROVE or entry.action in _ENDS) and (about := _about(entry))[0] == model:
            if entry.action == APPROVE:
                last = entry
            elif last and _about(last) == about:
                last = None
    return last


def version_of(entry: Entry) -> str:
    """The number of the model version that an entry is about."""
    return json.loads(entry.details)["version"]


def of(entry: Entry) -> Release:
    """The release in the entry of a version's approval.

    Raises:
        Conflict: it holds none, or one of a form that isn't known here.
    """
    details = json.loads(entry.details)
    return Release(entry.number, entry.at, entry.actor, _document(entry), details.get("release_sha256", ""))


def policy_of(entry: Entry) -> PolicyDocument:
    """The policy in the entry of its approval, with the names of today.

    Raises:
        Conflict: it holds none, or one of a form that isn't known here.
    """
    return earlier_names.today(_document(entry))


def _document(entry: Entry) -> Any:
    details = json.loads(entry.details)
    document = details.get("release")
    if not document:
        raise Conflict(
            f"entry {entry.number} of the trail approves {details.get('model')}:{details.get('version')} without a "
            "release, because it was written before releases existed; train the model again and have the new version "
            "approved"
        )
    if document.get("format") != FORMAT:
        raise Conflict(
            f"the release in entry {entry.number} of the trail has format {document.get('format')}, and this version "
            f"of Fieldstone reads format {FORMAT}; use the version that wrote it, or approve again"
        )
    return document


def is_standing(entries: Iterable[Entry], model: str, version: str) -> bool:
    """Whether a version is in force."""
    entry = standing(entries, model)
    return entry is not None and _about(entry) == (model, version)


def is_retired(entries: Iterable[Entry], model: str, version: str) -> bool:
    """Whether a version was retired."""
    return _is_there(entries, RETIRE, model, version)


def was_approved(entries: Iterable[Entry], model: str, version: str) -> bool:
    """Whether a version was ever approved, even if the approval doesn't count."""
    return _is_there(entries, APPROVE, model, version)


def has_release(entry: Entry) -> bool:
    """Whether an approval has a release; approvals from before there were releases have none."""
    return bool(json.loads(entry.details).get("release"))


def holds(entry: Entry, document: Document) -> bool:
    """Whether an entry approves exactly this document."""
    return json.loads(entry.details).get("release") == document


def why_ended(entries: Iterable[Entry], model: str, version: str) -> str | None:
    """How a version was ended for good; None if it wasn't."""
    for entry in entries:
        if entry.action in _ENDS and _about(entry) == (model, version):
            return f"{_ENDS[entry.action]} by {entry.actor} ({json.loads(entry.details).get('why')})"
    return None


def of_policy(entries: Iterable[Entry]) -> Entry | None:
    """The last approval of a policy, None if there is none."""
    approved = [entry for entry in entries if entry.action == APPROVE_POLICY]
    return approved[-1] if approved else None


def _is_there(entries: Iterable[Entry], action: str, model: str, version: str) -> bool:
    return any(_about(entry) == (model, version) for entry in entries if entry.action == action)


def _about(entry: Entry) -> tuple[str | None, str | None]:
    """Model and version that an entry is about."""
    details = json.loads(entry.details)
    return details.get("model"), details.get("version")
