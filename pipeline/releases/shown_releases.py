"""Releases that were shown: only a release that was shown is approved, identified by the SHA-256 shown with it.

A shown document is stored in the state folder under its SHA-256, so that an approval can list what has changed.
"""

import json
from collections.abc import Sequence
from typing import Any

from conf.schema import drafts
from conf.schema.errors import Conflict, UsageError
from conf.schema.hashing import canonical_json, content_sha256, document_sha256
from lake import signatures
from lake.entries import Entry
from lake.release_documents import Document
from pipeline.context import Context
from pipeline.features import declarations
from pipeline.trail import differences

_WORDS = {
    "spec": "conf/models",
    "features_sha256": "features",
    "contracts_sha256": "contracts",
    "policy_sha256": "conf/policy.yaml",
    "policy": "conf/policy.yaml",
}


def keep(context: Context, document: Document) -> str:
    """Store a document that is about to be shown; returns its SHA-256."""
    sha256 = document_sha256(document)
    folder = context.workspace.settings.home / "shown"
    folder.mkdir(parents=True, exist_ok=True)
    drafts.replace(folder / f"{sha256}.json", canonical_json(document).encode())
    return sha256


def require(context: Context, entries: Sequence[Entry], document: Document, release: str | None, look: str) -> None:
    """Check that the document to approve is the one that was shown; a sandbox's approval may leave it open.

    Args:
        document: the one to approve.
        release: SHA-256 of the one that was shown.
        look: the command that shows it.

    Raises:
        Conflict, UsageError: they differ, or no SHA-256 was stated.
    """
    if release is None and not signatures.released(entries).is_real:
        return
    if release is None:
        raise UsageError(
            f"state which release you looked at: --release SHA256, as {look} prints it. Nothing was written"
        )
    if (now := document_sha256(document)) != release:
        raise Conflict(
            f"the release isn't the one that was looked at ({release[:12]}…) but {now[:12]}…: "
            f"{_changed(context, release, document)}. "
            f"Look again ({look}) and approve what that shows, or put it back. Nothing was written"
        )


def _changed(context: Context, release: str, document: Document) -> str:
    """Differences from a document that was shown, as text."""
    path = context.workspace.settings.home / "shown" / f"{release}.json"
    try:
        content = path.read_bytes() if release.isalnum() else b""
    except OSError:
        content = b""
    if content_sha256(content) != release:
        return "nothing that was ever shown here has that SHA-256"
    return f"changed since: {', '.join(_differing(json.loads(content), dict(document)))}"


def _differing(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Differences of two documents: names of hashes, and old and new values of a declaration or a policy."""
    differing = []
    for key in sorted(name for name in {*was, *now} - {"spec_sha256"} if was.get(name) != now.get(name)):
        pair: list[dict[str, Any]] = [part if isinstance(part := each.get(key), dict) else {} for each in (was, now)]
        if key == "spec":
            parts = differences.in_words(*map(declarations.by_name, pair))
        else:
            parts = differences.in_words(*pair) if key == "policy" else sorted(differences.changes(*pair))
        differing.append(_WORDS.get(key, key) + (f" ({', '.join(parts)})" if parts else ""))
    return differing
