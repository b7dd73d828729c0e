"""Reads the parts of an .xlsx file in bounded memory: the unpacked size is limited, XML is read element by element."""

from collections.abc import Iterator
from typing import IO, BinaryIO
from xml.etree.ElementTree import Element, iterparse
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from openpyxl.xml.constants import SHEET_MAIN_NS

from conf.schema.errors import FieldstoneError, PartnerError

_MB = 1 << 20
FILE_BYTES = 64 * _MB
STRINGS_BYTES = 64 * _MB
SHEET_BYTES = 1024 * _MB  # Excel's 1,048,576 rows of a dozen columns
_SHEET_BYTES_PER_BYTE = 200  # highest ratio to the file's size; more means a sheet filled with equal cells on purpose
OTHER_BYTES = 4 * _MB
_ELEMENT_BYTES = 4 * _MB  # largest XML between the ends of two elements, which is one row
_PARTS, _ENTRY = 10_000, b"PK\x01\x02"
# Excel's "Strict Open XML Spreadsheet" uses other namespaces for the same elements (ISO/IEC 29500-1, annex A)
_STRICT, _STRICT_NS = b"http://purl.oclc.org/ooxml/", "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_SAME = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": SHEET_MAIN_NS.encode(),
    _STRICT + b"officeDocument/": b"http://schemas.openxmlformats.org/officeDocument/2006/",
}


def tag(name: str) -> str:
    """A tag with its namespace."""
    return f"{{{SHEET_MAIN_NS}}}{name}"


class Parts(ZipFile):
    """A zip file with limits on the number and the size of its parts.

    Raises:
        FieldstoneError: a limit is exceeded.
        BadZipFile: it isn't a zip file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._bytes = file.seek(0, 2)
        if self._bytes > FILE_BYTES:
            raise _too_large("the file", self._bytes, FILE_BYTES)
        file.seek(0)
        if sum(chunk.count(_ENTRY) for chunk in iter(lambda: file.read(_MB), b"")) > _PARTS:
            raise PartnerError(f"it has more than {_PARTS:,} parts; ask for a new workbook with nothing but values")
        super().__init__(file)

    def read(self, name: str, pwd: None = None) -> bytes:
        """A whole part, with the namespaces of ordinary workbooks; openpyxl reads small parts with it."""
        with self._checked(name, OTHER_BYTES) as part:
            content = part.read(OTHER_BYTES)
        for theirs, ours in _SAME.items() if _STRICT in content else ():
            content = content.replace(theirs, ours)
        return content

    def each(self, name: str, tag: str, limit: int) -> Iterator[Element]:
        """The elements of a tag, in order; other elements are freed at their end."""
        with self._checked(name, limit) as part:
            path: list[Element] = []
            within = 0
            is_strict = False
            for event, element in iterparse(part, ("start", "end")):
                if event == "start":
                    is_strict = is_strict if path else element.tag.startswith(_STRICT_NS)
                    if is_strict:
                        element.tag = f"{{{SHEET_MAIN_NS}}}{element.tag.removeprefix(_STRICT_NS)}"
                    path.append(element)
                    within += element.tag == tag
                    continue
                path.pop()
                is_wanted = element.tag == tag
                within -= is_wanted
                if within == 0:
                    if is_wanted:
                        yield element
                    if path:
                        path[-1].clear()
                        part.unfinished = 0

    def _checked(self, name: str, limit: int) -> "_Part":
        info = self.getinfo(name)
        allowed = min(limit, max(STRINGS_BYTES, self._bytes * _SHEET_BYTES_PER_BYTE))
        if info.file_size > allowed:
            raise _too_large(f"its part {name}", info.file_size, allowed)
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BadZipFile("packed as Excel doesn't pack")
        return _Part(self.open(name))


class _Part:
    """A part while it is unpacked, with a limit on the size of an element; it must not define entities.

    Attributes:
        unfinished: bytes since the end of the last element.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.unfinished = 0
        self._stream, self._last = stream, b""

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, size: int = 1 << 16, /) -> bytes:
        """The next bytes.

        Raises:
            ValueError: an element is too large, or there is a document type, whose entities may grow without limit.
        """
        chunk = self._stream.read(size)
        self.unfinished += len(chunk)
        if self.unfinished > _ELEMENT_BYTES:
            raise ValueError("an element is too large")
        if b"<!DOCTYPE" in (self._last + chunk).replace(b"\0", b""):
            raise ValueError("a document type")
        self._last = chunk[-32:]
        return chunk


def _too_large(what: str, size: int, limit: int) -> FieldstoneError:
    return PartnerError(
        f"{what} takes {size // _MB:,} MB, and a workbook's may take {limit // _MB:,}; "
        "ask for CSV or Parquet, or for a new workbook with nothing but the values"
    )
