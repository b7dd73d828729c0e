"""Batches as the ledger (`audit__batches`) records them: one entry per batch and stage that it has passed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

import pyarrow.compute as pc

from conf.schema import table_names
from lake import state
from lake.storage import Storage

INGEST, REFINE = "ingest", "refine"  # the stages of incoming data
RELEASE, DROP = "release", "drop"  # stages of rows that leave quarantine; these rows are the batch's parts


@dataclass(frozen=True)
class Part:
    """A piece of a batch that is recognised when it is delivered again: a file, a range of keys, a page.

    Attributes:
        name: its name at the source; for a file the token of its name.
        sha256: of its content, or of the request where the content isn't known beforehand.
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
        watermark: where the next pull continues; None for a source without watermark.
        rows_read: number of rows that entered the stage.
        rows_stored: number of rows that it wrote: ingest to bronze, refine to silver.
        quarantined_by_reason: reason code → number of rows that the stage put in quarantine.
        ignored_columns, missing_columns: harmless differences between the delivery and the contract.
        is_late: read again for subjects who consented after it was delivered; None where that wasn't checked.
        contract_version: number of the contract's version by which rows were taken in or judged (see
            `lake.contract_versions`); None for batches from before versions were noted.
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
        """The batch that a record of the ledger describes."""
        typed: dict[str, Any] = {
            "parts": parts_of(record),
            "quarantined_by_reason": dict(record["quarantined_by_reason"]),
            "ignored_columns": tuple(record["ignored_columns"]),
            "missing_columns": tuple(record["missing_columns"]),
        }
        return cls(**{each.name: record[each.name] for each in fields(cls)} | typed)

    def record(self) -> dict[str, Any]:
        """The batch as a record of the ledger."""
        return asdict(self)


def last_receipt(lake: Storage) -> datetime | None:
    """When the ledger's last batch was received, UTC; None before the first."""
    lake.create(table_names.BATCHES)
    ledger = state.opened(lake.path(table_names.BATCHES)).to_pyarrow_table(columns=["received_at"])
    return pc.max(ledger["received_at"]).as_py()


def parts_of(record: Mapping[str, Any]) -> tuple[Part, ...]:
    """The parts of a batch that a record of a platform table lists."""
    return tuple(Part(**part) for part in record["parts"])
