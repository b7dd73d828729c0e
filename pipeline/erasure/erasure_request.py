"""What is to be erased and how far it has come: a sealed file of the state folder, until its certificate is there."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from conf.schema import drafts
from lake.cipher import Key
from lake.erasure import Item, Outcome
from lake.file_search import Traces
from lake.vault import KEYS
from pipeline.context import Context


@dataclass(frozen=True)
class Step:
    """A step that is done, with counts of what it did."""

    name: str
    at: str
    counts: dict[str, int]


@dataclass(frozen=True)
class ErasureRequest:
    """An erasure.

    Attributes:
        reference: names it in the audit trail and on the certificate, and tells nothing of whom it is about.
        about: `subject`, `due` or `exit <source>`.
        subjects: keys of those who ask, none where it isn't about persons.
        redacted: numbers that reports may show and no longer should.
        learnt: model version → how many of the persons it has learnt from; that can't be undone, only trained anew.
        done: steps that are done; one is never done again.
    """

    reference: str
    about: str
    operator: str
    requested_at: str
    as_of: str
    items: tuple[Item, ...]
    searches: tuple[Traces, ...]
    subjects: tuple[str, ...] = ()
    redacted: tuple[str, ...] = ()
    learnt: Mapping[str, int] = field(default_factory=dict)
    done: tuple[Step, ...] = ()

    def after(self, name: str, counts: dict[str, int]) -> "ErasureRequest":
        """The request with one more step done now."""
        return replace(self, done=(*self.done, Step(name, datetime.now(UTC).isoformat(), counts)))

    @property
    def persons(self) -> set[str]:
        """Keys of everybody whose data key is destroyed, and of those who ask."""
        keys = {key for item in self.items if item.table == KEYS for key in item.where.get("key_id", ())}
        return keys | {*self.subjects}

    def tables(self, outcome: Outcome) -> list[str]:
        """Tables of which rows come to an outcome."""
        return list(dict.fromkeys(item.table for item in self.items if item.outcome is outcome))


def reference(about: str, subjects: Collection[str]) -> str:
    """SHA-256 of what an erasure is about; the same for the same subjects, and for `due` and exits by name."""
    return hashlib.sha256("\n".join([about, *sorted(subjects)]).encode()).hexdigest()[:16]


def opened(context: Context, number: str) -> ErasureRequest | None:
    """The request that was begun under a reference and isn't finished, None if there is none."""
    path = _path(context, number)
    if not path.exists():
        return None
    stated = json.loads(_key(context).unseal(path.read_bytes(), _context(number)))
    stated["items"] = tuple(Item(**item | {"outcome": Outcome(item["outcome"])}) for item in stated["items"])
    stated["searches"] = tuple(Traces(**search) for search in stated["searches"])
    stated["done"] = tuple(Step(**step) for step in stated["done"])
    lists = {name: tuple(stated[name]) for name in ("subjects", "redacted")}
    return ErasureRequest(**stated | lists)


def keep(context: Context, request: ErasureRequest) -> None:
    """Write a request, whole or not at all."""
    path = _path(context, request.reference)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps(asdict(request)).encode()
    drafts.replace(path, _key(context).seal(content, _context(request.reference)))


def forget(context: Context, request: ErasureRequest) -> None:
    """Remove a finished request, which was the last to know whom it was about."""
    _path(context, request.reference).unlink(missing_ok=True)


def _key(context: Context) -> Key:
    return context.vault.own_key("erasure-requests")


def _path(context: Context, number: str) -> Path:
    return context.workspace.settings.home / "erasure" / f"{number}.request"


def _context(number: str) -> str:
    return f"erasure {number}"
