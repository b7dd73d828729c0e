"""Results of `decisions`: those that are shown, and whether they are stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DecisionsSwitched:
    """Whether decisions are stopped after `decisions stop` or `resume`, and who decided it."""

    are_stopped: bool
    approvers: tuple[str, ...]


@dataclass(frozen=True)
class ReasonShown:
    """A reason of a decision or its limit, empty in a language that the workspace doesn't show.

    `change` says whether the household can change it, empty where unsaid.
    """

    en: str
    zh: str
    change: str


@dataclass(frozen=True)
class StepShown:
    """A step to a limit, an amount unless its name says otherwise; no value where it is masked, or isn't known."""

    name: str
    value: float | None
    is_masked: bool


@dataclass(frozen=True)
class DecisionShown:
    """The decision on an application, as `decisions show` shows it to a role.

    Attributes:
        grounds: why a person decides, or on which ground it was declined: pairs of English and Chinese,
            of which one is empty where the workspace shows one language.
        figures: PD, grade, score and sums by name, None where there is none of them.
        changes: of amount, term or debts that would have been admitted, pairs of English and Chinese; empty where none
            would, None where it isn't a decline that tells.
        figures, binding_constraint, reasons, limit_reasons, changes, steps: None where the role doesn't see them.
        withheld: why the role doesn't see these, in words; None where it does.
        models: versions that scored, such as `admission:3`.
        policy_from: day from which the policy held.
    """

    application: str
    decision: str
    decided_at: datetime
    grounds: tuple[tuple[str, str], ...]
    binding_constraint: str | None
    figures: Mapping[str, float | str | None] | None
    reasons: tuple[ReasonShown, ...] | None
    limit_reasons: tuple[ReasonShown, ...] | None
    changes: tuple[tuple[str, str], ...] | None
    steps: tuple[StepShown, ...] | None
    withheld: str | None
    models: tuple[str, ...]
    policy_from: str
    review_route: str


@dataclass(frozen=True)
class DecisionListed:
    """A decision by the number of its application; no grade where the role doesn't see it, or none was given."""

    application: str
    decided_at: datetime
    decision: str
    grade: str | None


@dataclass(frozen=True)
class DecisionsListed:
    """Decisions that may be seen for a purpose, the latest first; `withheld` as of `DecisionShown`."""

    purpose: str
    decisions: tuple[DecisionListed, ...]
    withheld: str | None
