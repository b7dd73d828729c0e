"""Results of the verbs of governance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Approved:
    """A version that `approve` has put in force; `is_new` is False where it was so already.

    Attributes:
        approver: who approved it, as the trail says.
        release: SHA-256 of what was approved.
    """

    model: str
    version: str
    is_new: bool
    approver: str
    release: str


@dataclass(frozen=True)
class Ended:
    """A version that is challenger or in force no more: by `reject`, `send-back` or `retire`."""

    model: str
    version: str
    act: str


@dataclass(frozen=True)
class PolicyApproved:
    """The policy that is in force; `is_new` is False where it was so already."""

    is_new: bool
    valid_from_date: str
    release: str


@dataclass(frozen=True)
class PolicyShown:
    """How the policy differs from the one in force.

    Attributes:
        changes: value in force, and value now, by name.
        why_not_in_force: in words; None where it is in force as it is.
        release: SHA-256 to approve it by; None where the workspace has no policy.
    """

    changes: Mapping[str, tuple]
    why_not_in_force: str | None
    release: str | None


@dataclass(frozen=True)
class Erased:
    """What `erase` or `exit` would erase, or has.

    Attributes:
        reference: names the request in the trail, and tells nothing of whom it is about.
        rows: by table and outcome.
        certificate: where it is; None where nothing was carried out.
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
    """What may be used of a subject; `is_backdated` where it is as of a past moment, which nothing goes by."""

    as_of: datetime
    is_backdated: bool
    uses: tuple[MayBeUsed, ...]


@dataclass(frozen=True)
class SubjectShown:
    """Records of the vault that may be used for a purpose, each as it is printed: masked or plain by role."""

    purpose: str
    records: tuple[str, ...]


@dataclass(frozen=True)
class AnswerRefused:
    """The version that an answer was about which did nothing."""

    model: str
    version: str


@dataclass(frozen=True)
class LostEntries:
    """Entries of the trail that are lost, by their first and last number, as another entry says."""

    first: int
    last: int
    recorded_in: int


@dataclass(frozen=True)
class EntryShown:
    """An entry of the trail, as `audit show` prints it; attributes as of `lake.entries.Entry`.

    Attributes:
        details: what it says, read.
        signature: a DSSE envelope, for other tools; what stands there where it is none.
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
    """A trail that is whole, as all is that it seals.

    Attributes:
        signed: how many acts are signed, in words.
        uncounted: approvals that count for nothing, in words.
        sealed_rows: rows that are as they were sealed, by table.
    """

    entries: int
    lost: tuple[LostEntries, ...]
    signed: str
    uncounted: tuple[str, ...]
    sealed_rows: Mapping[str, int]


@dataclass(frozen=True)
class TrailAccepted:
    """The entry by which `audit accept` lets count what is left, and what was found, in words."""

    entry: int
    who: str
    faults: tuple[str, ...]


@dataclass(frozen=True)
class KeysRotated:
    """How many keys are wrapped anew, by kind, and under which master key."""

    master_key: str
    keys: Mapping[str, int]


@dataclass(frozen=True)
class PersonListed:
    """Somebody who may act; `why_not` says why they don't count, where more than their days tells it."""

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
    """Somebody who has a new key.

    Attributes:
        is_in_file: whether conf/people.yaml has it; else `to_put_in` is to be put into it.
        private_key: where it is.
        to_put_in: YAML.
    """

    id: str
    key_id: str | None
    is_in_file: bool
    private_key: str
    to_put_in: str | None


@dataclass(frozen=True)
class PeopleReleased:
    """Whom `people release` has released; no entry where all of them were already.

    Attributes:
        entry: of the trail.
        changes: ids that were added, changed and taken out.
        warning: what may soon leave nobody who could release people, in words.
    """

    entry: int | None
    changes: Mapping[str, Sequence[str]]
    warning: str | None


@dataclass(frozen=True)
class Comparison:
    """What a reviewer is asked.

    Attributes:
        text: in Markdown, where the version came from and how it differs from the one in force.
        release: SHA-256 of what would be approved.
        trainers: names of those who may not answer.
        red_findings: of its validation, each of which an approval has to answer.
    """

    text: str
    release: str
    trainers: list[str]
    red_findings: list[str]


@dataclass(frozen=True)
class WithdrawnShare:
    """Of a version's training, how many subjects there were, and how many of them have ended their consent."""

    model: str
    version: str
    aliases: tuple[str, ...]
    subjects: int
    withdrawn: int
    is_retraining_due: bool = False

    @property
    def share(self) -> float:
        """The part that is withdrawn, from 0 to 1."""
        return self.withdrawn / self.subjects if self.subjects else 0.0
