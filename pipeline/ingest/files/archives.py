"""Compressed files, `.gz` and `.zip`, unpacked within limits on the unpacked size.

An archive counts as one file: a fault in it refuses all of it.
"""

import gzip
import hashlib
import mmap
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from conf.schema import drafts
from conf.schema.errors import FieldstoneError, PartnerError
from lake.archive_contents import DAMAGE
from pipeline.ingest.files.marker_files import is_marker

GZIP, ZIP = ".gz", ".zip"
_OTHERS = (GZIP, ZIP, ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar", ".z")
_OF_ZIP = b"PK\x03\x04"  # first bytes of each file in a zip archive
_MAGIC = (b"\x1f\x8b", _OF_ZIP, b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")
_MB = 1 << 20
TOTAL_BYTES = 8 << 30  # total size of all files in an archive
RATIO = 200  # highest ratio to the archive's own size; ten is usual for CSV
_ANY_RATIO_BYTES = 16 * _MB  # up to this size any ratio is allowed
_MEMBERS = 10_000
_ENCRYPTED, _UTF8 = 0x1, 0x800


@dataclass(frozen=True)
class Member:
    """One unpacked file of an archive.

    Attributes:
        name: its name in the archive.
        path: path of the unpacked file.
        sha256: SHA-256 of its content.
    """

    name: str
    path: Path
    sha256: str
    bytes: int


def packing(path: PurePath) -> str:
    """Compression of a file by its name: `.gz`, `.zip`, or an empty text."""
    name = path.name.strip().lower()
    return next((ending for ending in (GZIP, ZIP) if name.endswith(ending)), "")


def unpacked(
    path: Path,
    folder: Path,
    form: str,
    wanted: Callable[[str], bool],
    ignored: Callable[[Collection[str]], Collection[str]],
) -> tuple[list[Member], dict[str, bool]]:
    """Unpack an archive.

    Args:
        path: the archive.
        folder: folder for the files; it is created for its owner only.
        form: format of the files.
        wanted: whether a file is read, by its name.
        ignored: which of all names are ignored without a check, because nobody meant to deliver these files.

    Returns:
        Its files to read, and ignored file → whether it may have records.

    Raises:
        PartnerError: it is damaged, encrypted, nested, several in one, exceeds the limits, or has no file to read.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    left, members, room = {}, [], _Room(path.stat().st_size)
    with ExitStack() as opened:
        for number, (name, stream, is_nobodys) in enumerate(_streams(path, opened, ignored)):
            if is_nobodys or (name and not wanted(name)):
                left[name] = not is_marker(name, stream)
                continue
            members.append(_member(name, stream, folder / f"{number}.{form}", form, room))
    if not members:
        raise PartnerError(f"it holds no file named .{form}; ask for an archive of such files")
    return members, left


def _streams(
    path: Path, opened: ExitStack, ignored: Callable[[Collection[str]], Collection[str]]
) -> Iterator[tuple[str, Callable[[], IO[bytes] | gzip.GzipFile], bool]]:
    """(name, function that opens it, whether it is ignored) of each file."""
    if packing(path) == GZIP:
        yield "", lambda: gzip.open(path), False  # noqa: SIM115
        return
    with _reraise_damage():
        archive = opened.enter_context(ZipFile(path))
        names = {info: _name(info) for info in archive.infolist()}
        if not all(names.values()):
            raise BadZipFile("a file without a name")
        files = [info for info in names if not info.is_dir()]
        _require_one(path, archive)
    if len(files) > _MEMBERS:
        raise PartnerError(f"it holds {len(files):,} files, and at most {_MEMBERS:,} are read; ask for fewer")
    nobodys = ignored(names.values())
    for info in files:
        name = names[info]
        if not (is_nobodys := name in nobodys):
            _require_plain(info, name)
        yield name, lambda info=info: archive.open(info), is_nobodys


def _require_one(path: Path, archive: ZipFile) -> None:
    """Refuse several archives in one file; only the list of the last one is read, so the others would be lost."""
    first = min((info.header_offset for info in archive.infolist()), default=archive.start_dir)
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find(_OF_ZIP, 0, first) >= 0 or content.find(_OF_ZIP, archive.start_dir) >= 0:
            raise PartnerError("it is several archives in one file; ask for a separate file of each")


def _name(info: ZipInfo) -> str:
    """A member's name; Chinese programs write GBK without marking it, which zipfile decodes as code page 437."""
    if info.flag_bits & _UTF8:
        return info.filename
    written = info.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _require_plain(info: ZipInfo, name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\0" in name or name[1:2] == ":":
        raise PartnerError("a file in it has a name that leads out of the archive; ask who has made it")
    if info.flag_bits & _ENCRYPTED:
        raise PartnerError("it has a password; ask for one without, or agree how keys are exchanged")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise PartnerError("it holds a link in place of a file; ask for the file itself")
    if name.strip().lower().endswith(_OTHERS):
        raise PartnerError("it holds another archive; ask for the files in one archive")
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise PartnerError("it is packed by a method that isn't read; ask for an ordinary zip (deflate)")


class _Room:
    """The size that an archive may still unpack to."""

    def __init__(self, size: int) -> None:
        self._limit = min(TOTAL_BYTES, max(_ANY_RATIO_BYTES, size * RATIO))
        self._taken = 0

    def take(self, size: int) -> None:
        self._taken += size
        if self._taken > self._limit:
            raise PartnerError(
                f"it unpacks to more than {self._limit // _MB:,} MB, {RATIO} times its size or {TOTAL_BYTES // _MB:,} "
                "MB; ask for smaller files, or for the plain ones"
            )


def _member(name: str, opened: Callable[[], IO[bytes] | gzip.GzipFile], target: Path, form: str, room: _Room) -> Member:
    digest, size = hashlib.sha256(), 0
    with drafts.fresh(target, 0o600) as file:
        for chunk in _chunks(opened):
            if size == 0 and form != "xlsx" and chunk.startswith(_MAGIC):
                raise PartnerError("it holds another archive; ask for the files in one archive")
            room.take(len(chunk))
            size += len(chunk)
            digest.update(chunk)
            file.write(chunk)
    return Member(name, target, digest.hexdigest(), size)


def _chunks(opened: Callable[[], IO[bytes] | gzip.GzipFile]) -> Iterator[bytes]:
    """The bytes of a member; errors in reading it become errors of the archive, unlike those in writing."""
    with _reraise_damage():
        stream = opened()
    with stream:
        while True:
            with _reraise_damage():
                chunk = stream.read(_MB)
            if not chunk:
                return
            yield chunk


@contextmanager
def _reraise_damage() -> Iterator[None]:
    try:
        yield
    except FieldstoneError:
        raise
    except DAMAGE as error:
        raise PartnerError(
            f"it isn't a complete archive ({type(error).__name__}); it was cut off or damaged, ask for it again"
        ) from None
