"""The audit trail: append-only, each entry bound to the one before by a keyed hash.

Nobody without the vault's key for it can change, drop or insert an entry and mend the chain; the last link is also kept
beside the table, so that entries cut off at the end are missed too.
"""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from lake.tables import Lake
from lake.vault import Vault

TRAIL = "audit__trail"
_START = "0" * 64


def hashed(subject: str) -> str:
    """How entries and certificates name a subject: SHA-256 of its key."""
    return hashlib.sha256(f"subject {subject}".encode()).hexdigest()


@dataclass(frozen=True)
class Entry:
    """One thing that somebody did; `details` is canonical JSON and refers to subjects by hash, never by key."""

    number: int
    at: datetime
    actor: str
    action: str
    details: str
    previous: str
    link: str


@dataclass(frozen=True)
class Trail:
    """The trail of one lake."""

    lake: Lake
    vault: Vault

    def record(self, actor: str, action: str, **details) -> Entry:
        """Append an entry; its moment is the real one, whatever clock the run was given."""
        with self.lake.lock(TRAIL, wait_seconds=600):
            entries = self.entries()
            previous = entries[-1].link if entries else _START
            text = json.dumps(details, sort_keys=True, ensure_ascii=False, default=str)
            content = (len(entries) + 1, datetime.now(UTC), actor, action, text, previous)
            entry = Entry(*content, link=self._link(*content))
            self.lake.append_records(TRAIL, [asdict(entry)])
            self._head.write_text(f"{entry.number} {entry.link}")
        return entry

    def entries(self) -> list[Entry]:
        """All entries in order."""
        return sorted((Entry(**record) for record in self.lake.records(TRAIL)), key=lambda entry: entry.number)

    def verify(self) -> list[str]:
        """What is wrong with the trail, in words; nothing if it is whole."""
        findings, previous = [], _START
        entries = self.entries()
        for expected, entry in enumerate(entries, start=1):
            if entry.number != expected:
                findings.append(f"entry {expected} is missing")
                break
            content = (entry.number, entry.at, entry.actor, entry.action, entry.details, entry.previous)
            if entry.link != self._link(*content):
                findings.append(f"entry {entry.number} was changed")
            if entry.previous != previous:
                findings.append(f"entry {entry.number} doesn't follow entry {entry.number - 1}")
            previous = entry.link
        return findings or self._beyond(entries)

    def _beyond(self, entries: list[Entry]) -> list[str]:
        """The last link kept beside the table; after a crash it may be one behind, but never ahead."""
        number, link = self._head.read_text().split() if self._head.exists() else ("0", _START)
        if int(number) > len(entries):
            return [f"entries after {len(entries)} are missing"]
        return [] if int(number) == 0 or entries[int(number) - 1].link == link else [f"entry {number} was replaced"]

    @property
    def _head(self) -> Path:
        return self.lake.workspace.settings.home / "audit.head"

    @cached_property
    def _key(self) -> bytes:
        return self.vault.own_key("audit-trail").secret

    def _link(self, number: int, at: datetime, actor: str, action: str, details: str, previous: str) -> str:
        content = json.dumps([number, at.isoformat(), actor, action, details, previous], ensure_ascii=False)
        return hmac.digest(self._key, f"audit-trail {content}".encode(), "sha256").hex()
