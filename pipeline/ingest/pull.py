"""The pull: new rows of an asset, which every kind of connection passes to admission."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame

from conf.schema.contract import Contract
from lake.batch import Part


@dataclass(frozen=True)
class SchemaDrift:
    """Harmless differences from the contract: ignored columns, and missing optional ones."""

    ignored: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pull:
    """New rows of one asset.

    Attributes:
        parts: parts of the batch; the same parts always make the same batch.
        rows: the contract's columns as text, with `_source_ref`, `_reject` (reason code or null) and `_raw` (the
            rejected record as received, or null). They are read only once.
        watermark: position from which the next pull goes on; it is committed together with the batch.
        late: for rows that are read again because subjects consented since: text that gives the batch another id than
            the first one of the same parts; only rows that the gate admits count.
        overlaps: finished batches that already have some of these rows; admission drops those.
        problems: problems that a person must know, although these rows can be ingested.
        is_refused: whether the problems include files that were set aside.
        again: function for a failed reading; it returns the pull without the faulty parts, None if no part was faulty.
    """

    parts: tuple[Part, ...]
    rows: DataFrame
    drift: SchemaDrift = SchemaDrift()
    watermark: str | None = None
    overlaps: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    is_refused: bool = False
    again: "Callable[[], Pull | None] | None" = None
    late: str = ""

    def renewed(self, overlaps: tuple[str, ...], late: str) -> "Pull":
        """The pull as a late one; this also holds if it is read again without faulty parts."""

        def again() -> Pull | None:
            sound = self.again and self.again()
            return sound and sound.renewed(overlaps, late)

        return replace(self, overlaps=overlaps, late=late, again=again)

    def batch_id(self, contract: Contract) -> str:
        """Identifier of 16 hex digits, the same for the same parts of the same table."""
        content = "\n".join([contract.table, *sorted(part.sha256 for part in self.parts), *filter(None, [self.late])])
        return hashlib.sha256(content.encode()).hexdigest()[:16]
