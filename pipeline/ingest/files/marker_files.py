"""What programs leave beside their files, which is no data, unless records hide in it."""

import gzip
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO

_NAMES = {"_success", ".ds_store", "thumbs.db", "desktop.ini"}
_CHECKSUM = ".crc"  # of Hadoop's, `.planting.csv.crc` beside the file
_OF_MAC = "._"  # in an archive that a Mac has made, what belongs to the file of the rest of the name
_NUMBER = re.compile(rb"[0-9]{10}")  # as short as numbers of consents are; markers hold none
_SIGNATURE_BYTES, _SIGNATURE = 64, re.compile(rb"[0-9A-Za-z+/=_-]{1,1024}\s*")
_MOST = 4 << 20  # bytes that are looked through; a longer one isn't what programs leave


def is_marker(name: str, opened: Callable[[], IO[bytes] | gzip.GzipFile]) -> bool:
    """Whether a file holds no record for sure: it is empty, or called as programs call what they leave, and is that.

    Args:
        name: with the folders that it lies in, by slashes.
        opened: opens it; a file that can't be read isn't known to hold nothing.
    """
    try:
        with opened() as file:
            content = file.read(_MOST + 1)
    except Exception:  # of whatever reads archives
        return False
    return not content or (_is_called_so(PurePosixPath(name)) and _is_bare(content))


def is_signature(content: bytes) -> bool:
    """Whether what is called the signature of a manifest is nothing but one: 64 bytes, or some letters and digits."""
    return len(content) <= _SIGNATURE_BYTES or bool(_SIGNATURE.fullmatch(content))


def _is_bare(content: bytes) -> bool:
    """Whether no number of a consent or a person stands in what a program has left, in one byte a letter or more."""
    return len(content) <= _MOST and not _NUMBER.search(content.replace(b"\0", b""))


def _is_called_so(path: PurePosixPath) -> bool:
    name = path.name.lower()
    is_mac = name.startswith(_OF_MAC) and "__MACOSX" in path.parts
    return name in _NAMES or is_mac or (name.startswith(".") and name.endswith(_CHECKSUM))
