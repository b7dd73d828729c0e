"""Files that erasures changed: the old and new content of each, so that approved files are still recognised."""

import json
from collections.abc import Iterable

from conf.schema.hashing import content_sha256
from lake.audit import Entry, Trail

_ACTION = "redact"


def record(trail: Trail, operator: str, reference: str, contents: Iterable[tuple[bytes, bytes]]) -> None:
    """Record in the audit trail which contents will replace which; a killed run may be recorded twice."""
    files = {content_sha256(before): content_sha256(after) for before, after in contents}
    if files:
        trail.record(operator, _ACTION, reference=reference, files=files)


def successors(entries: Iterable[Entry], sha256: str) -> set[str]:
    """SHA-256 of a file in its original form and after each erasure."""
    replaced = {}
    for entry in entries:
        if entry.action == _ACTION:
            replaced |= json.loads(entry.details)["files"]
    versions = {sha256}
    while (after := replaced.get(sha256)) and after not in versions:
        versions.add(sha256 := after)
    return versions
