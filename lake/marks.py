"""Marks of how far the audit trail goes: number and link of an entry under a MAC, on one line without blanks.

Marks are kept in the head beside the trail, and in the anchor outside the state folder. They
don't reveal its content.
"""

import hmac
import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mark:
    """That an entry with this number and link was the last one.

    Attributes:
        is_real: real people had been released by then, so that the state is no sandbox whatever is cut off its trail.
    """

    number: int
    link: str
    is_real: bool = field(default=False, compare=False)

    def written(self, key: bytes, place: str) -> str:
        """The line; `place` is bound to it, so that a mark of one place is none in another."""
        stated = {"number": self.number, "link": self.link} | ({"real": True} if self.is_real else {})
        return json.dumps(stated | {"mac": _mac(key, place, self)}, separators=(",", ":"))


def read(line: str, key: bytes, place: str) -> Mark | None:
    """The mark of a line; None if it was changed, torn or made under another key."""
    try:
        stated = json.loads(line)
        mark = Mark(int(stated["number"]), str(stated["link"]), stated.get("real") is True)
        mac = str(stated["mac"])
        is_ours = hmac.compare_digest(mac.encode(), _mac(key, place, mark).encode())
    # a number beyond all bounds, JSON that is nested too deeply, a half of a character
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return mark if is_ours else None


def _mac(key: bytes, place: str, mark: Mark) -> str:
    real = " real" if mark.is_real else ""
    return hmac.digest(key, f"audit-{place} {mark.number} {mark.link}{real}".encode(), "sha256").hex()
