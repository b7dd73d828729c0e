"""What somebody asks of the audit trail."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Wanted:
    """Which entries; what isn't given holds for all.

    Attributes:
        action: such as `approve`.
        who: the actor, or one of several, or the user of the system.
        since, until: moments, the second one not included; without a zone in the workspace's.
        about: what stands somewhere in the details, or the key of a subject whose hash does, or `MODEL:VERSION`.
    """

    action: str | None = None
    who: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    about: str | None = None
