"""The progress of a listing; a partner could name a next page for ever, each time with another cursor."""

from dataclasses import dataclass, field

import pyarrow as pa

from conf.schema.source import PartnerApi

_OWN = ("_source_ref", "_reject")  # columns of a row that aren't part of the partner's record


@dataclass
class Progress:
    """The progress of one listing.

    Attributes:
        limits: limits of pages, of total size, and of pages in a row without a new record.
        records: hashes of the received records, valid only in this process.
        cursors: cursors that were named for next pages.
        pages, bytes: number and total size of the received pages.
        idle: number of the latest pages in a row without a new record.
    """

    limits: PartnerApi
    records: set[int] = field(default_factory=set)
    cursors: set[str] = field(default_factory=set)
    pages: int = 0
    bytes: int = 0
    idle: int = 0

    def add(self, rows: pa.RecordBatch) -> None:
        """Add a page."""
        columns = [rows[name].to_pylist() for name in rows.schema.names if name not in _OWN]
        before = len(self.records)
        self.records.update(map(hash, zip(*columns, strict=True)))
        self.idle = 0 if len(self.records) > before else self.idle + 1
        self.pages += 1
        self.bytes += rows.nbytes

    def follow(self, cursor: str | None) -> str | None:
        """Why the page of a cursor must not be requested; None if it may be, or if there is no cursor."""
        if cursor is None:
            return None
        if cursor in self.cursors:
            return "it lists in a circle: a cursor came twice; the partner has to mend its cursors"
        self.cursors.add(cursor)
        limits = self.limits
        if self.idle >= limits.max_idle_pages:
            return (
                f"{self.idle:,} pages in a row brought no new record, and each names another; the partner has to mend "
                "its cursors, or raise max_idle_pages if it is known to skip so much"
            )
        if self.pages >= limits.max_pages:
            return f"it has more than {self.pages:,} pages; lower subjects_per_request, or raise page_size or max_pages"
        if self.bytes >= limits.max_listing_bytes:
            return (
                f"its pages hold more than {limits.max_listing_bytes:,} bytes; lower subjects_per_request, or raise "
                "max_listing_bytes"
            )
        return None
