"""What a batch is: its entry in the ledger (`audit__batches`), one for each stage that it has passed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

import pyarrow.compute as pc

from conf.schema import table_names
from lake import state
from lake.storage import Storage

INGEST, REFINE = "ingest", "refine"  # the stages of what comes in
RELEASE, DROP = "release", "drop"  # those of rows that have left quarantine, which are the parts of such a batch


@dataclass(frozen=True)
class Part:
    """A piece of a batch that can be recognised when it comes again: a file, a range of keys, a page.

    Attributes:
        name: what it is called at its source; of a file the token of its name.
        sha256: of its content, or of what it was asked for where the content can't be had beforehand.
        bytes: its size, 0 where unknown.
    """

    name: str
    sha256: str
    bytes: int = 0


@dataclass(frozen=True)
class Batch:
    """A batch that has passed a stage.

    Attributes:
        received_at: when it was taken in, by the clock of the run, UTC; the same at every stage.
        parts: what it consists of; the same parts of the same table always make the same batch.
        watermark: where the next pull goes on from; None where a source has none.
        rows_read: rows that the stage was given.
        rows_stored: those that went on: at ingest to bronze, then to silver.
        quarantined_by_reason: reason code → rows, of those that the stage put in quarantine.
        ignored_columns, missing_columns: how what came differs from the contract without harm.
        is_late: read again for subjects who consented after it was delivered; None where that wasn't asked.
        contract_version: number of the contract's version by which rows were taken in or judged (see
            `lake.contract_versions`); None of batches of before versions were noted.
    """

    batch_id: str
    source_table: str
    stage: str
    received_at: datetime
    parts: tuple[Part, ...]
    watermark: str | None = None
    rows_read: int = 0
    rows_stored: int = 0
    rows_not_authorised: int = 0
    rows_duplicate: int = 0
    rows_quarantined: int = 0
    quarantined_by_reason: Mapping[str, int] = field(default_factory=dict[str, int])
    ignored_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    is_late: bool | None = None
    contract_version: int | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Batch":
        """The batch that a record of the ledger tells of."""
        typed: dict[str, Any] = {
            "parts": parts_of(record),
            "quarantined_by_reason": dict(record["quarantined_by_reason"]),
            "ignored_columns": tuple(record["ignored_columns"]),
            "missing_columns": tuple(record["missing_columns"]),
        }
        return cls(**{each.name: record[each.name] for each in fields(cls)} | typed)

    def record(self) -> dict[str, Any]:
        """The record of the ledger that tells of the batch."""
        return asdict(self)


def last_receipt(lake: Storage) -> datetime | None:
    """When the ledger's last batch was received, UTC; None before the first."""
    lake.create(table_names.BATCHES)
    ledger = state.opened(lake.path(table_names.BATCHES)).to_pyarrow_table(columns=["received_at"])
    return pc.max(ledger["received_at"]).as_py()


def parts_of(record: Mapping[str, Any]) -> tuple[Part, ...]:
    """The parts that a record of the platform's own names."""
    return tuple(Part(**part) for part in record["parts"])
