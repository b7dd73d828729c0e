"""Results of the verbs of governance."""

from collections.abc import Mapping
from dataclasses import dataclass


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
    """What `erase` would erase, or has.

    Attributes:
        reference: names the request in the trail, and tells nothing of whom it is about.
        rows: by table and outcome.
        certificate: where it is; None where nothing was carried out.
    """

    reference: str
    rows: Mapping[str, Mapping[str, int]]
    certificate: str | None


@dataclass(frozen=True)
class DecisionsSwitched:
    """Whether decisions are stopped after `decisions stop` or `resume`, and who decided it."""

    are_stopped: bool
    approvers: tuple[str, ...]
