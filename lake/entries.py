"""Entries of the audit trail."""

import hmac
import json
import os
import pwd
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One thing that somebody did; `details` is canonical JSON and refers to subjects by hash, never by key.

    Attributes:
        actor: who did it; several names are separated by commas.
        os_user, host: as the system reports them; None in entries from before they were noted.
        signature: the entry's signatures, see `lake.signatures`; None where no person acts.
    """

    number: int
    at: datetime
    actor: str
    action: str
    details: str
    previous: str
    link: str
    os_user: str | None = None
    host: str | None = None
    signature: str | None = None

    def linked(self, key: bytes) -> str:
        """The keyed hash that binds the whole entry to the entry before."""
        content = [self.number, self.at.isoformat(), self.actor, self.action, self.details, self.previous]
        content += [] if self.os_user is None and self.host is None else [self.os_user, self.host]
        content += [] if self.signature is None else [self.signature]
        text = json.dumps(content, ensure_ascii=False)
        return hmac.digest(key, f"audit-trail {text}".encode(), "sha256").hex()


def of_record(record: dict[str, Any]) -> Entry | None:
    """The entry that a row holds; None if the row is no entry."""
    names = {each.name for each in fields(Entry)}
    texts = [record.get(name) for name in ("actor", "action", "details", "previous", "link")]
    is_one = isinstance(record.get("number"), int) and isinstance(record.get("at"), datetime)
    is_one = is_one and record.keys() <= names and all(isinstance(text, str) for text in texts)
    return Entry(**record) if is_one else None


def os_user() -> str:
    """The system's user of this process, independent of environment variables."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user may have no name
        return f"uid {os.getuid()}"
