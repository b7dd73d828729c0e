"""Results of the verbs of governance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Approved:
    """A version that `approve` has put in force; `is_new` is False if it was in force already.

    Attributes:
        approver: the person who approved it, from the audit trail.
        release: SHA-256 of what was approved.
    """

    model: str
    version: str
    is_new: bool
    approver: str
    release: str


@dataclass(frozen=True)
class Ended:
    """A version that is no longer challenger or in force, after `reject`, `send-back` or `retire`."""

    model: str
    version: str
    act: str


@dataclass(frozen=True)
class PolicyApproved:
    """The policy that is in force; `is_new` is False if it was in force already."""

    is_new: bool
    valid_from_date: str
    release: str


@dataclass(frozen=True)
class PolicyShown:
    """How the policy differs from the one in force.

    Attributes:
        changes: name → value in force, and value now.
        why_not_in_force: as text; None if it is in force as it is.
        release: SHA-256 by which it is approved; None if the workspace has no policy.
    """

    changes: Mapping[str, tuple]
    why_not_in_force: str | None
    release: str | None


@dataclass(frozen=True)
class Erased:
    """Result of `erase` or `exit`: the rows that they would erase, or have erased.

    Attributes:
        reference: identifier of the request in the audit trail, which reveals no person.
        rows: by table and outcome.
        certificate: its path; None if nothing was carried out.
    """

    reference: str
    rows: Mapping[str, Mapping[str, int]]
    certificate: str | None


@dataclass(frozen=True)
class MayBeUsed:
    """Whether a scope may be used for a purpose, and why (not), in words."""

    scope: str
    purpose: str
    may_be_used: bool
    why: str


@dataclass(frozen=True)
class ConsentShown:
    """Uses of a subject's data that are allowed; `is_backdated` if as of a past moment, by which no job decides."""

    as_of: datetime
    is_backdated: bool
    uses: tuple[MayBeUsed, ...]


@dataclass(frozen=True)
class SubjectShown:
    """Records of the vault that may be used for a purpose, each as printed: masked or plain, depending on the role."""

    purpose: str
    records: tuple[str, ...]


@dataclass(frozen=True)
class AnswerRefused:
    """The version that an answer was about, if the answer didn't count."""

    model: str
    version: str


@dataclass(frozen=True)
class LostEntries:
    """Lost entries of the trail, by their first and last number, as recorded in another entry."""

    first: int
    last: int
    recorded_in: int


@dataclass(frozen=True)
class EntryShown:
    """An entry of the trail, as `audit show` prints it; attributes as in `lake.entries.Entry`.

    Attributes:
        details: parsed from JSON.
        signature: a DSSE envelope, for other tools; the raw text if it isn't an envelope.
    """

    number: int
    at: datetime
    actor: str
    action: str
    details: Mapping[str, Any]
    previous: str
    link: str
    os_user: str | None
    host: str | None
    signature: Mapping[str, Any] | str | None


@dataclass(frozen=True)
class TrailVerified:
    """A trail that is complete and unchanged, as are all rows that it seals.

    Attributes:
        signed: number of signed acts, as text.
        uncounted: approvals that don't count, as text.
        sealed_rows: table → number of rows that match their seals.
    """

    entries: int
    lost: tuple[LostEntries, ...]
    signed: str
    uncounted: tuple[str, ...]
    sealed_rows: Mapping[str, int]


@dataclass(frozen=True)
class TrailAccepted:
    """The entry by which `audit accept` accepts the rest of the trail, and the differences, as text."""

    entry: int
    who: str
    faults: tuple[str, ...]


@dataclass(frozen=True)
class KeysRotated:
    """Number of newly wrapped keys by kind, and the master key that wraps them."""

    master_key: str
    keys: Mapping[str, int]


@dataclass(frozen=True)
class PersonListed:
    """A person who may act; `why_not` says why they don't count, if their dates alone don't show it."""

    id: str
    name: str
    roles: tuple[str, ...]
    logins: tuple[str, ...]
    key_id: str | None
    since: date
    until: date | None
    counts: bool
    why_not: str | None


@dataclass(frozen=True)
class Enrolled:
    """A person with a new key.

    Attributes:
        is_in_file: whether conf/people.yaml has the key; else `to_put_in` must be added to it.
        private_key: its path.
        to_put_in: YAML.
    """

    id: str
    key_id: str | None
    is_in_file: bool
    private_key: str
    to_put_in: str | None


@dataclass(frozen=True)
class PeopleReleased:
    """Result of `people release`; no entry if all people were released already.

    Attributes:
        entry: of the trail.
        changes: ids that were added, changed and removed.
        warning: why there may soon be nobody who could release people, as text.
    """

    entry: int | None
    changes: Mapping[str, Sequence[str]]
    warning: str | None


@dataclass(frozen=True)
class Comparison:
    """The question to a reviewer.

    Attributes:
        text: the version's training and its differences from the one in force, in Markdown.
        release: SHA-256 of the release that would be approved.
        trainers: names of those who may not answer.
        red_findings: of its validation; an approval must answer each.
    """

    text: str
    release: str
    trainers: list[str]
    red_findings: list[str]


@dataclass(frozen=True)
class WithdrawnShare:
    """The number of subjects in a version's training, and of those who have ended their consent."""

    model: str
    version: str
    aliases: tuple[str, ...]
    subjects: int
    withdrawn: int
    is_retraining_due: bool = False

    @property
    def share(self) -> float:
        """The withdrawn share, from 0 to 1."""
        return self.withdrawn / self.subjects if self.subjects else 0.0
