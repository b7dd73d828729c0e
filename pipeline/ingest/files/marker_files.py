"""Marker files that programs write beside their files: they have no data, unless records are hidden in them."""

import gzip
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO

_NAMES = {"_success", ".ds_store", "thumbs.db", "desktop.ini"}
_CHECKSUM = ".crc"  # Hadoop's checksum, `.planting.csv.crc` beside the file
_OF_MAC = "._"  # in an archive made by a Mac: attributes of the file with the rest of the name
_NUMBER = re.compile(rb"[0-9]{10}")  # as short as the shortest numbers of consents; markers have none
_SIGNATURE_BYTES, _SIGNATURE = 64, re.compile(rb"[0-9A-Za-z+/=_-]{1,1024}\s*")
_MOST = 4 << 20  # bytes that are searched; no marker file is longer


def is_marker(name: str, opened: Callable[[], IO[bytes] | gzip.GzipFile]) -> bool:
    """Whether a file certainly has no record: it is empty, or has the name and the content of a marker file.

    Args:
        name: path of the file, with slashes.
        opened: function that opens it; a file that can't be read may have records.
    """
    try:
        with opened() as file:
            content = file.read(_MOST + 1)
    except Exception:  # readers of archives raise any kind of error
        return False
    return not content or (_is_called_so(PurePosixPath(name)) and _is_bare(content))


def is_signature(content: bytes) -> bool:
    """Whether a file named as a manifest's signature is only a signature: 64 bytes, or some letters and digits."""
    return len(content) <= _SIGNATURE_BYTES or bool(_SIGNATURE.fullmatch(content))


def _is_bare(content: bytes) -> bool:
    """Whether a marker file contains no number of a consent or a person, in one or more bytes per character."""
    return len(content) <= _MOST and not _NUMBER.search(content.replace(b"\0", b""))


def _is_called_so(path: PurePosixPath) -> bool:
    name = path.name.lower()
    is_mac = name.startswith(_OF_MAC) and "__MACOSX" in path.parts
    return name in _NAMES or is_mac or (name.startswith(".") and name.endswith(_CHECKSUM))
