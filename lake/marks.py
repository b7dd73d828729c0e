"""Marks of how far the audit trail goes: number and link of an entry under a MAC, on one line without blanks.

Marks stand in the head beside the trail, and in the anchor outside the state folder. They tell nothing of an entry.
"""

import hmac
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """That an entry with this number and link was the last one."""

    number: int
    link: str

    def written(self, key: bytes, place: str) -> str:
        """The line; `place` is bound to it, so that a mark of one place is none in another."""
        mac = _mac(key, place, self)
        return json.dumps({"number": self.number, "link": self.link, "mac": mac}, separators=(",", ":"))


def read(line: str, key: bytes, place: str) -> Mark | None:
    """The mark of a line; None if it was changed, torn or made under another key."""
    try:
        stated = json.loads(line)
        mark, mac = Mark(int(stated["number"]), str(stated["link"])), str(stated["mac"])
        is_ours = hmac.compare_digest(mac.encode(), _mac(key, place, mark).encode())
    # a number beyond all bounds, JSON that is nested too deeply, a half of a character
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return mark if is_ours else None


def _mac(key: bytes, place: str, mark: Mark) -> str:
    return hmac.digest(key, f"audit-{place} {mark.number} {mark.link}".encode(), "sha256").hex()
