"""Results of the verbs of data engineers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    def of(cls, source: str, batches: "Iterable[Batch]") -> "SourceRun":
        """The run that these batches have passed."""
        return cls(source, tuple(_counts(batch) for batch in batches))


def _counts(batch: "Batch") -> BatchCounts:
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
class Inspected:
    """A partner that `partner inspect` has looked at: how many alerts are new, and its page; none if it has left."""

    source: str
    new_alerts: int = 0
    is_suspension_proposed: bool = False
    page: str | None = None


@dataclass(frozen=True)
class StrayFile:
    """A file that lies where nothing is read; what names a person in its path is masked."""

    path: str
    bytes: int


@dataclass(frozen=True)
class BatchState:
    """A batch or file that was refused; attributes as of `lake.refusals.Refusal`, and when it came.

    Attributes:
        rows: how many it has; None where that isn't known.
        files: of a stray file only.
    """

    table: str
    batch_id: str
    stage: str
    received_at: datetime
    rows: int | None
    action: str
    who: str | None
    at: datetime
    reason: str
    files: tuple[StrayFile, ...]


@dataclass(frozen=True)
class BatchList:
    """What `batches list` shows, and how many batches and files stand refused."""

    batches: tuple[BatchState, ...]
    standing: int


@dataclass(frozen=True)
class BatchDecided:
    """A batch that `batches retry`, `accept` or `drop` has decided about; `rows_dropped` by table, of a drop only."""

    table: str
    batch_id: str
    action: str
    rows_dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RowsWaiting:
    """How many rows of a batch wait in quarantine for a reason; a row counts under each of its reasons."""

    table: str
    batch_id: str
    stage: str
    reason: str
    rows: int


@dataclass(frozen=True)
class RowShown:
    """A row of quarantine, as `quarantine show` prints it.

    Attributes:
        row_id: beginning of its id, as `--row` takes it.
        failed_checks: names of checks.
        text: what it says, masked or plain as the role may see it.
    """

    row_id: str
    batch_id: str
    failed_checks: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class RowsReleased:
    """What `quarantine release` has replayed: how many rows passed, and how many still fail."""

    table: str
    released: int
    stay: int


@dataclass(frozen=True)
class RowsDropped:
    """How many rows `quarantine drop` has deleted."""

    table: str
    rows: int


@dataclass(frozen=True)
class ContractsDiffer:
    """What contracts say that the lake doesn't hold yet: a text for each difference."""

    differences: tuple[str, ...]


@dataclass(frozen=True)
class ContractsMigrated:
    """The tables that `contract migrate` has migrated; none where nothing was planned."""

    tables: tuple[str, ...]


@dataclass(frozen=True)
class PullingChanged:
    """Whether a source is pulled from after `partner suspend` or `resume`, and the two who decided it."""

    source: str
    is_suspended: bool
    approvers: tuple[str, ...]


@dataclass(frozen=True)
class BackedUp:
    """What `backup` has copied; `has_keys` where the keys are in it."""

    folder: str
    files: int
    bytes: int
    has_keys: bool


@dataclass(frozen=True)
class Restored:
    """What `restore` has copied into the state folder.

    Attributes:
        taken_at: when the backup was begun, ISO 8601, UTC.
        erased_since: how many are known to have been erased since, who have to be erased again.
    """

    home: str
    files: int
    taken_at: str
    erased_since: int


@dataclass(frozen=True)
class StateShown:
    """A state folder in which everything is as the last job left it.

    Attributes:
        identity, generation, tables: None where nothing is noted of it yet.
        backups: folders that it was backed up to.
        to_redo: after a restore what holds up training and deciding, in words.
        to_erase_again: how many were erased since the backup that it was restored from.
    """

    identity: str | None
    generation: int | None
    tables: int | None
    backups: tuple[str, ...]
    to_redo: tuple[str, ...]
    to_erase_again: int


@dataclass(frozen=True)
class StateAccepted:
    """What `state accept` has let count: what wasn't as it was left, in words."""

    who: str
    faults: tuple[str, ...]
