"""Results of `decisions`: the shown decisions, and whether decisions are stopped."""

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
    """A reason for a decision or its limit; its text is empty in a language that the workspace doesn't use.

    `change` says whether the household can change it; it is empty if that isn't declared.
    """

    en: str
    zh: str
    change: str


@dataclass(frozen=True)
class StepShown:
    """A step of a limit's calculation, an amount unless its name says otherwise; None if it is masked or unknown."""

    name: str
    value: float | None
    is_masked: bool


@dataclass(frozen=True)
class DecisionShown:
    """The decision on an application, as `decisions show` shows it to a role.

    Attributes:
        grounds: why a person decides, or why it was declined: pairs of English and Chinese; one of the two is empty if
            the workspace uses one language only.
        figures: PD, grade, score and amounts by name; None where one doesn't exist.
        changes: changes of amount, term or debts with which it would have been admitted, pairs of English and Chinese;
            empty if there is none, None if such changes aren't told for this decision.
        figures, binding_constraint, reasons, limit_reasons, changes, steps: None where the role doesn't see them.
        withheld: why the role doesn't see them, as text; None if it does.
        models: versions that scored, such as `admission:3`.
        policy_from: day from which the policy was valid.
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
    """A decision by the number of its application; the grade is None if the role doesn't see it or there is none."""

    application: str
    decided_at: datetime
    decision: str
    grade: str | None


@dataclass(frozen=True)
class DecisionsListed:
    """Decisions that may be seen for a purpose, the latest first; `withheld` as in `DecisionShown`."""

    purpose: str
    decisions: tuple[DecisionListed, ...]
    withheld: str | None
