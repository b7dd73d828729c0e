"""What chooses rows of quarantine."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Selection:
    """Which rows: those with a reason, of a batch, or whose id begins so; None means all."""

    reason: str | None = None
    batch: str | None = None
    row: str | None = None
