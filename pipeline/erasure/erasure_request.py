"""The plan of an erasure and its progress: a sealed file of the state folder until the certificate is written."""

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
    """A completed step, with counts of its effects."""

    name: str
    at: str
    counts: dict[str, int]


@dataclass(frozen=True)
class ErasureRequest:
    """An erasure.

    Attributes:
        reference: its identifier in the audit trail and on the certificate, which reveals no person.
        about: `subject`, `due` or `exit <source>`.
        subjects: keys of the subjects who ask for it; empty if it isn't about persons.
        redacted: numbers of applications that reports may show and must hide from now on.
        learnt: model version → number of these persons that it learnt from; only a new training removes them.
        done: completed steps, which are never repeated.
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
        """The request with one more completed step."""
        return replace(self, done=(*self.done, Step(name, datetime.now(UTC).isoformat(), counts)))

    @property
    def persons(self) -> set[str]:
        """Keys of all subjects whose data key is destroyed, and of those who ask."""
        keys = {key for item in self.items if item.table == KEYS for key in item.where.get("key_id", ())}
        return keys | {*self.subjects}

    def tables(self, outcome: Outcome) -> list[str]:
        """Tables with rows that have this outcome."""
        return list(dict.fromkeys(item.table for item in self.items if item.outcome is outcome))


def reference(about: str, subjects: Collection[str]) -> str:
    """SHA-256 of what an erasure is about; the same for the same subjects, and for `due` and exits by name."""
    return hashlib.sha256("\n".join([about, *sorted(subjects)]).encode()).hexdigest()[:16]


def opened(context: Context, number: str) -> ErasureRequest | None:
    """The unfinished request with a reference; None if there is none."""
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
    """Write a request atomically."""
    path = _path(context, request.reference)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps(asdict(request)).encode()
    drafts.replace(path, _key(context).seal(content, _context(request.reference)))


def forget(context: Context, request: ErasureRequest) -> None:
    """Remove a finished request, the last file that names its subjects."""
    _path(context, request.reference).unlink(missing_ok=True)


def _key(context: Context) -> Key:
    return context.vault.own_key("erasure-requests")


def _path(context: Context, number: str) -> Path:
    return context.workspace.settings.home / "erasure" / f"{number}.request"


def _context(number: str) -> str:
    return f"erasure {number}"
