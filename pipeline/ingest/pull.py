"""What every kind of connection hands to admission."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame

from conf.schema.contract import Contract
from lake.batch import Part


@dataclass(frozen=True)
class SchemaDrift:
    """How what came differs from the contract without harm: columns ignored, and optional ones missing."""

    ignored: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pull:
    """New rows of one asset.

    Attributes:
        parts: what the batch consists of; the same parts always make the same batch.
        rows: the contract's columns as text, with `_source_ref`, `_reject` (reason code or null) and `_raw` (the
            rejected record as it came, or null). Read once.
        watermark: where the next pull goes on from; committed with the batch, never before or after.
        late: of rows that are read again for subjects who consented since, what makes it another batch than the one
            that its parts were before; only what the gate lets in counts.
        overlaps: finished batches that hold some of these rows already; admission drops what they hold.
        problems: what somebody has to be told of, though these rows can be taken in.
        is_refused: whether files were set aside among them.
        again: after its reading has failed, gives it without the parts that were at fault, None if none was.
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
        """The pull as a late one, also when it is read again without the parts that were at fault."""

        def again() -> Pull | None:
            sound = self.again and self.again()
            return sound and sound.renewed(overlaps, late)

        return replace(self, overlaps=overlaps, late=late, again=again)

    def batch_id(self, contract: Contract) -> str:
        """16 hex digits that the same parts of the same table always get."""
        content = "\n".join([contract.table, *sorted(part.sha256 for part in self.parts), *filter(None, [self.late])])
        return hashlib.sha256(content.encode()).hexdigest()[:16]
