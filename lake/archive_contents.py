"""Unpack archives (gzip, bzip2, xz and zip) within limits, so that a search also covers packed files."""

import bz2
import gzip
import io
import lzma
import struct
import zlib
from collections.abc import Iterator
from zipfile import BadZipFile, ZipFile

LIMIT_BYTES = 512 << 20  # total size that one file may unpack to, including archives within it
_STREAMS = {b"\x1f\x8b": gzip.open, b"BZh91AY&SY": bz2.open, b"\xfd7zXZ\0": lzma.open}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OTHERS = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd")
DAMAGE = (
    *(BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError),
    *(lzma.LZMAError, struct.error, zlib.error),
)
"""What readers of archives raise of damaged ones."""


class UnopenedError(Exception):
    """An archive is damaged, locked, of an unknown kind, or unpacks to more than the limit."""


def contents(content: bytes) -> Iterator[bytes]:
    """Yield the unpacked content of an archive, and of archives within it; nothing if the bytes are no archive.

    Raises:
        UnopenedError: a part of it can't be unpacked; the readable parts were yielded before.
    """
    waiting, room = [content], LIMIT_BYTES
    while waiting:
        for piece in _unpacked(waiting.pop(), room):
            room -= len(piece)
            waiting.append(piece)
            yield piece


def _unpacked(content: bytes, room: int) -> Iterator[bytes]:
    if content.startswith(_OTHERS):
        raise UnopenedError
    try:
        for magic, opened in _STREAMS.items():
            if content.startswith(magic):
                with opened(io.BytesIO(content)) as stream:
                    yield _within(stream.read(room + 1), room)
        if content.startswith(_ZIP):
            with ZipFile(io.BytesIO(content)) as archive:
                for info in archive.infolist():
                    with archive.open(info) as stream:
                        piece = _within(stream.read(room + 1), room)
                    room -= len(piece)
                    yield piece
    except DAMAGE:
        raise UnopenedError from None


def _within(piece: bytes, room: int) -> bytes:
    if len(piece) > room:
        raise UnopenedError
    return piece
