"""Results of the verbs of modelers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Built:
    """Result of `build-features`.

    Attributes:
        is_new: whether anything was built; False where neither data, declarations nor the moment had changed.
        tables: names of the tables that were built, or would have been.
        to_learn_from: applications with features and a label; None if nothing was new.
        to_decide: pending applications with features; None if nothing was new.
    """

    is_new: bool
    tables: tuple[str, ...]
    to_learn_from: int | None = None
    to_decide: int | None = None


@dataclass(frozen=True)
class Choice:
    """The figures of a label under another declaration, for the loans whose window is over.

    Attributes:
        horizon_months, bad_days: the other declaration.
        good, bad, indeterminate: applications whose window is over.
        immature: applications whose window isn't over, which have no label.
        bad_rate: of good and bad ones; None where there are none.
        bad_rate_of_all: likewise with the indeterminate ones among the good.
        auc: by model, of its version in force against that label, of the applications out of time; None where there
            aren't both goods and bads among them.
    """

    horizon_months: int
    bad_days: int
    good: int
    bad: int
    indeterminate: int
    immature: int
    bad_rate: float | None
    bad_rate_of_all: float | None
    auc: Mapping[str, float | None]


@dataclass(frozen=True)
class Labelled:
    """Result of `labels` for a label.

    Attributes:
        label: its column.
        page: the file that was written.
        choices: first the label as declared, then the other declarations.
    """

    label: str
    page: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Trained:
    """Result of `train`.

    Attributes:
        version: the one that was trained on exactly the data in gold.
        is_new: whether this run has trained it.
        gates: whether it has passed them, as text.
        challenger: `MODEL:VERSION` if it awaits approval, else None.
    """

    model: str
    version: str
    is_new: bool
    gates: str
    challenger: str | None


@dataclass(frozen=True)
class Decided:
    """Result of a run of `decide`.

    Attributes:
        waiting: applications that wait, because their features use data that may no longer be used.
        not_in_force: models without which nothing is decided.
        declined_with_change: declined applications that a change would have admitted.
        by_change: of the declined, how many each change would have admitted, such as `requested_amount`, or
            `requested_amount + term_months` where neither would alone; and `none`.
        limit_amount, expected_loss: of the admitted. These four are None where limits aren't decided, or
            nothing was.
    """

    applications: int = 0
    by_decision: Mapping[str, int] = field(default_factory=dict)
    limit_amount: float | None = None
    expected_loss: float | None = None
    waiting: int = 0
    not_in_force: tuple[str, ...] = ()
    declined_with_change: int | None = None
    by_change: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Replayed:
    """What `replay` came to where all decisions have the outcome that they had.

    Attributes:
        decisions: that were made once more.
        without_inputs: decisions that can't be, for nothing is kept of them; None where one was asked for.
        versions: those that scored the requested decision, such as `admission:3`.
        since: changes of those versions since then, as text.
        reworded: decisions with the same outcome and other sentences, because texts have changed since.
    """

    decisions: int
    without_inputs: int | None = None
    versions: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
    reworded: int = 0


@dataclass(frozen=True)
class Exported:
    """Result of `dataset export`.

    Attributes:
        folder: where.
        rows: number of rows that the version learnt from and that may be used.
        left_behind: number of rows that it learnt from and that may no longer be used.
        files: in the folder.
    """

    model: str
    version: str
    folder: str
    rows: int
    left_behind: int
    files: tuple[str, ...]
