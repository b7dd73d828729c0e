"""Whether a listing gets anywhere: a partner may name a next page for ever, each time by another cursor."""

from dataclasses import dataclass, field

import pyarrow as pa

from conf.schema.source import PartnerApi

_OWN = ("_source_ref", "_reject")  # of a row, but not of the record that it was made of


@dataclass
class Progress:
    """Of one listing.

    Attributes:
        limits: how many pages there may be, how large they may be together, and how many may bring nothing new.
        records: hashes of those that came, valid in this process only.
        cursors: those that were named as next.
        pages, bytes: that came.
        idle: pages in a row, up to the last, that brought no record which hadn't come before.
    """

    limits: PartnerApi
    records: set[int] = field(default_factory=set)
    cursors: set[str] = field(default_factory=set)
    pages: int = 0
    bytes: int = 0
    idle: int = 0

    def add(self, rows: pa.RecordBatch) -> None:
        """Count a page in."""
        columns = [rows[name].to_pylist() for name in rows.schema.names if name not in _OWN]
        before = len(self.records)
        self.records.update(map(hash, zip(*columns, strict=True)))
        self.idle = 0 if len(self.records) > before else self.idle + 1
        self.pages += 1
        self.bytes += rows.nbytes

    def follow(self, cursor: str | None) -> str | None:
        """In words why the page that a cursor names is not to be asked for, None if it is or there is no cursor."""
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
