"""Results of the verbs of modelers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Built:
    """What `build-features` has built.

    Attributes:
        is_new: whether anything was built; False where neither data, declarations nor the moment had changed.
        tables: names of what was built, or would have been.
        to_learn_from: applications with features and a label; None where nothing was new.
        to_decide: pending applications with features; None where nothing was new.
    """

    is_new: bool
    tables: tuple[str, ...]
    to_learn_from: int | None = None
    to_decide: int | None = None


@dataclass(frozen=True)
class Choice:
    """What a label would come to if it were declared otherwise, of the loans whose window is over.

    Attributes:
        horizon_months, bad_days: what is declared otherwise.
        good, bad, indeterminate: applications whose window is over.
        immature: those whose window isn't, which nobody labels.
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
    """What `labels` has found of a label.

    Attributes:
        label: its column.
        page: the file that was written.
        choices: the label as it is declared first, and then otherwise.
    """

    label: str
    page: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Trained:
    """What `train` has come to.

    Attributes:
        version: that was trained on exactly what is in gold.
        is_new: whether this run has trained it.
        gates: whether it has passed them, in words.
        challenger: `MODEL:VERSION` where it awaits approval, else None.
    """

    model: str
    version: str
    is_new: bool
    gates: str
    challenger: str | None


@dataclass(frozen=True)
class Decided:
    """What `decide` has decided in this run.

    Attributes:
        waiting: applications that wait, for their features rest on what may not be used any longer.
        not_in_force: models without which nothing is decided.
        declined_with_change: of the declined, those whom a change would have admitted.
        by_change: of the declined, how many each change would have admitted, such as `requested_cny`, or
            `requested_cny + term_months` where neither would alone; and `none`.
        limit_cny, expected_loss_cny: of the admitted. These four are None where limits aren't decided, or
            nothing was.
    """

    applications: int = 0
    by_decision: Mapping[str, int] = field(default_factory=dict)
    limit_cny: float | None = None
    expected_loss_cny: float | None = None
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
        versions: that scored the one that was asked for, such as `admission:3`.
        since: what has become of those versions, in words.
        reworded: decisions that say the same in other words, for texts have changed since.
    """

    decisions: int
    without_inputs: int | None = None
    versions: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
    reworded: int = 0


@dataclass(frozen=True)
class Exported:
    """What `dataset export` has written.

    Attributes:
        folder: where.
        rows: that the version learnt from, as far as they may be used.
        left_behind: rows that it learnt from and that may not be used any longer.
        files: in the folder.
    """

    model: str
    version: str
    folder: str
    rows: int
    left_behind: int
    files: tuple[str, ...]
