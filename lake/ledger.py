"""The ledger: the only way to write a batch. Its entry is written last; without it, the next run repeats the batch."""

from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from pyspark.sql import DataFrame

from conf.schema import table_names
from conf.schema.contract import Contract
from lake import staging
from lake.batch import DROP, INGEST, REFINE, RELEASE, Batch
from lake.tables import Lake

# Stage → layers of the contract whose rows it writes or takes for certain. Quarantine goes with them, without a lock of
# its own: ingest and refine each put batches of their own there.
_LAYERS = {
    INGEST: ("bronze",),
    REFINE: ("silver",),
    RELEASE: ("bronze", "silver"),
    DROP: ("bronze", "silver"),
}


@dataclass(frozen=True)
class Writer:
    """A batch while it is written: its staging tables and its entries for the ledger.

    Attributes:
        folder: the folder of its staging tables, one per stage and contract.
        entries: its entries for the ledger, written in one commit.
    """

    lake: Lake
    folder: str
    entries: list[Batch] = field(default_factory=list)

    def stage(self, rows: DataFrame, name: str, by: str | None = None) -> DataFrame:
        """Write rows to a staging table and read them back, see `staging.stage`."""
        return staging.stage(self.lake, rows, f"{self.folder}/{name}", by)

    def unstage(self, name: str) -> None:
        """Remove a staging table that isn't needed any more."""
        staging.unstage(self.lake, f"{self.folder}/{name}")

    def commit(self, table: str, batch_id: str, name: str, by: str, value: str) -> None:
        """Make the rows of a staging table that have a value a batch of a table, see `staging.commit`."""
        staging.commit(self.lake, table, batch_id, f"{self.folder}/{name}", by, value)

    def finish(self, *entries: Batch) -> None:
        """Set the batch's entries, one for each stage that it has passed; they are written after all else."""
        self.entries.extend(entries)


@dataclass(frozen=True)
class LockedTable:
    """The locked tables that a stage writes for a contract: only `locked` makes it, and `batch` requires it."""

    lake: Lake
    contract: Contract
    stage: str


@contextmanager
def locked(lake: Lake, contract: Contract, stage: str) -> Generator[LockedTable]:
    """Lock the tables that a stage writes for a contract, so that no other run writes them meanwhile.

    Raises:
        FieldstoneError: another run holds it.
    """
    with ExitStack() as locks:
        for layer in _LAYERS[stage]:
            locks.enter_context(lake.lock(contract.named(layer)))
        yield LockedTable(lake, contract, stage)


@contextmanager
def batch(lock: LockedTable) -> Generator[Writer]:
    """Write a batch to the `locked` tables, its entry last.

    What a killed run has left of batches that never finished goes first. Tables in staging are gone at the end,
    whatever happens. The entries come after that, since nobody comes back to a batch that has one; a batch that fails,
    or that nobody finishes, has none.
    """
    _forget_unfinished(lock.lake, lock.contract, lock.stage)
    writer = Writer(lock.lake, f"{lock.stage}-{lock.contract.table}")
    staging.unstage(lock.lake, writer.folder)
    try:
        yield writer
    finally:
        staging.unstage(lock.lake, writer.folder)
    append(lock.lake, writer.entries)


def entries(lake: Lake) -> list[Batch]:
    """Every batch at every stage, whatever its table; `Lake.batches` has those of one."""
    return [Batch.of(record) for record in lake.records(table_names.BATCHES)]


def append(lake: Lake, entries: Iterable[Batch]) -> None:
    """Append batches in one commit."""
    if records := [entry.record() for entry in entries]:
        lake.append_records(table_names.BATCHES, records)


def _forget_unfinished(lake: Lake, contract: Contract, stage: str) -> None:
    """Remove the unfinished batches of killed runs, of whatever parts they were.

    Refine does its batches over in place, so of silver only files go that never became part of it.
    """
    bronze, silver = contract.named("bronze"), contract.named("silver")
    if stage == REFINE:
        lake.create(silver)
        staging.forget_uncommitted(lake, silver)
        return
    for table in (bronze, contract.named("quarantine")):
        _drop_unfinished(lake, table, lake.batches(contract.table, INGEST))
    staging.forget_uncommitted(lake, bronze)
    if stage == RELEASE:
        _drop_unfinished(lake, silver, lake.batches(contract.table, REFINE))


def _drop_unfinished(lake: Lake, table: str, finished: Iterable[Batch]) -> None:
    known = {batch.batch_id for batch in finished}
    lake.create(table)
    for batch_id in lake.batch_ids(table):
        if batch_id.removesuffix(f"-{REFINE}") not in known:
            lake.drop_batch(table, batch_id)
