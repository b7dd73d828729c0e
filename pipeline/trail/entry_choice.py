"""A selection of entries of the audit trail."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Wanted:
    """The conditions for entries; an empty one holds for all.

    Attributes:
        action: such as `approve`.
        who: the actor, one of several actors, or the user of the operating system.
        since, until: moments, the second one not included; without a zone they are in the workspace's.
        about: a value in the details, the key of a subject whose hash is in the details, or `MODEL:VERSION`.
    """

    action: str | None = None
    who: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    about: str | None = None
