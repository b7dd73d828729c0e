"""What the verbs of the schedule come to, as `--json` prints it: what was made, and counts; never a row's value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lake.batch import Batch


@dataclass(frozen=True)
class BatchCounts:
    """A batch that passed a stage, and its rows; attributes as of `lake.batch.Batch`."""

    table: str
    batch_id: str
    rows_read: int
    rows_stored: int
    rows_not_authorised: int
    rows_duplicate: int
    rows_quarantined: int
    quarantined_by_reason: Mapping[str, int]


@dataclass(frozen=True)
class SourceRun:
    """What `ingest` or `refine` has done for a source; no batches where nothing was new."""

    source: str
    batches: tuple[BatchCounts, ...]

    @classmethod
    def of(cls, source: str, batches: Iterable[Batch]) -> "SourceRun":
        """The run that these batches have passed."""
        return cls(source, tuple(_counts(batch) for batch in batches))


def _counts(batch: Batch) -> BatchCounts:
    return BatchCounts(
        batch.source_table,
        batch.batch_id,
        batch.rows_read,
        batch.rows_stored,
        batch.rows_not_authorised,
        batch.rows_duplicate,
        batch.rows_quarantined,
        dict(batch.quarantined_by_reason),
    )


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
class Decided:
    """What `decide` has decided in this run.

    Attributes:
        waiting: applications that wait, for their features rest on what may not be used any longer.
        not_in_force: models without which nothing is decided.
        limit_cny, expected_loss_cny: of the admitted, in CNY; None where limits aren't decided, or nothing was.
    """

    applications: int = 0
    by_decision: Mapping[str, int] = field(default_factory=dict)
    limit_cny: float | None = None
    expected_loss_cny: float | None = None
    waiting: int = 0
    not_in_force: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inspected:
    """A partner that `partner inspect` has looked at: how many alerts are new, and its page; none if it has left."""

    source: str
    new_alerts: int = 0
    is_suspension_proposed: bool = False
    page: str | None = None


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
class Pages:
    """What `docs` has written: the start page, which leads to all others."""

    index: str
