"""Results of the verbs of data engineers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lake.batch import Batch


@dataclass(frozen=True)
class BatchCounts:
    """A batch that passed a stage, and its counts of rows; attributes as in `lake.batch.Batch`."""

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
    """Result of `ingest` or `refine` for a source; without batches if nothing was new."""

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
    """A partner that `partner inspect` has inspected: the number of new alerts, and its page; None if it has left."""

    source: str
    new_alerts: int = 0
    is_suspension_proposed: bool = False
    page: str | None = None


@dataclass(frozen=True)
class StrayFile:
    """A file in a folder that no source reads; parts of its path that name a person are masked."""

    path: str
    bytes: int


@dataclass(frozen=True)
class BatchState:
    """A batch or file that was refused; attributes as in `lake.refusals.Refusal`, and the time of its receipt.

    Attributes:
        rows: their number; None if it is unknown.
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
    """Result of `batches list`, and the number of batches and files that are refused now."""

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
    """Number of rows of a batch that wait in quarantine for a reason; a row counts under each of its reasons."""

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
        text: its values, masked or plain, depending on the role.
    """

    row_id: str
    batch_id: str
    failed_checks: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class RowsReleased:
    """Result of `quarantine release`: the numbers of rows that passed and that still fail."""

    table: str
    released: int
    stay: int


@dataclass(frozen=True)
class RowsDropped:
    """Number of rows that `quarantine drop` has deleted."""

    table: str
    rows: int


@dataclass(frozen=True)
class ContractsDiffer:
    """Differences of the contracts from the lake: a text for each."""

    differences: tuple[str, ...]


@dataclass(frozen=True)
class ContractsMigrated:
    """The tables that `contract migrate` has migrated; empty if nothing was planned."""

    tables: tuple[str, ...]


@dataclass(frozen=True)
class PullingChanged:
    """Whether a source is pulled from after `partner suspend` or `resume`, and the two who decided it."""

    source: str
    is_suspended: bool
    approvers: tuple[str, ...]


@dataclass(frozen=True)
class BackedUp:
    """Result of `backup`; `has_keys` tells whether the keys are in it."""

    folder: str
    files: int
    bytes: int
    has_keys: bool


@dataclass(frozen=True)
class Restored:
    """Result of `restore`, which copies a backup into the state folder.

    Attributes:
        taken_at: when the backup was begun, ISO 8601, UTC.
        erased_since: number of subjects known to have been erased since then, who must be erased again.
    """

    home: str
    files: int
    taken_at: str
    erased_since: int


@dataclass(frozen=True)
class StateShown:
    """A state folder in which everything is as the last job left it.

    Attributes:
        identity, generation, tables: None if nothing is recorded yet.
        backups: folders of its backups.
        to_redo: obstacles to training and deciding after a restore, as text.
        to_erase_again: number of subjects erased since the backup that it was restored from.
    """

    identity: str | None
    generation: int | None
    tables: int | None
    backups: tuple[str, ...]
    to_redo: tuple[str, ...]
    to_erase_again: int


@dataclass(frozen=True)
class StateAccepted:
    """Result of `state accept`: the accepted differences from the last job's state, as text."""

    who: str
    faults: tuple[str, ...]
