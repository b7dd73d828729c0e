"""A selection of quarantined rows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Selection:
    """Conditions for rows: their reason, their batch, the beginning of their id; None means all."""

    reason: str | None = None
    batch: str | None = None
    row: str | None = None
