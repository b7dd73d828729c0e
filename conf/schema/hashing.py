"""SHA-256 of files, of contents and of documents."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content, however large it is.

    Raises:
        OSError: it can't be read.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_sha256(paths: Iterable[Path]) -> str:
    """SHA-256 over the contents of small files, such as declarations, in the order of their paths."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(paths))).hexdigest()


def content_sha256(content: bytes) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def canonical_json(document: Any) -> str:
    """The one JSON text of a document: keys sorted, no blanks, UTF-8 as it is."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def document_sha256(document: Any) -> str:
    """SHA-256 of a document as canonical JSON."""
    return content_sha256(canonical_json(document).encode())
