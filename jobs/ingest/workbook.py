"""The parts of an .xlsx file in bounded memory: what it unpacks to is limited, and XML is read element by element.

openpyxl finds the sheets and knows dates. It would hold the styles of a whole workbook, unpack whatever a part claims,
and drop rows that are out of order, so parts with a row or a text for each element are read here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from xml.etree.ElementTree import Element, iterparse
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS, STYLES_TYPE

from conf.errors import FieldstoneError

_MB = 1 << 20
FILE_BYTES = 64 * _MB
_SHEET_BYTES = 1024 * _MB  # Excel's 1,048,576 rows of a dozen columns
_STRINGS_BYTES = 64 * _MB
_OTHER_BYTES = 4 * _MB
_ELEMENT_BYTES = 4 * _MB  # of XML between the end of one element and the next, that is of one row
_TEXT_LENGTH = 32_767  # of a cell, as Excel has it
# formats of dates and times that Chinese, Japanese and Korean Excel don't spell out (ECMA-376, 18.8.30)
_EAST_ASIAN_DATES = {*range(27, 37), *range(50, 59)}
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # what .xls begins with, and .xlsx under a password


@dataclass(frozen=True)
class Workbook:
    """What a sheet's cells refer to.

    Attributes:
        archive: the file.
        sheet: name of the part with the first sheet that shows.
        others: how many more sheets show.
        strings: texts, by number.
        dates: numbers of the styles that show a number as a date or a time.
        epoch: day 0 of these.
    """

    archive: "_Parts"
    sheet: str
    others: int
    strings: list[str]
    dates: frozenset[int]
    epoch: datetime

    def each(self, tag: str) -> Iterator[Element]:
        """The elements of a tag of the sheet, one by one."""
        return self.archive.each(self.sheet, tag, _SHEET_BYTES)

    def mentions(self, word: bytes) -> bool:
        """Whether the sheet has a word anywhere, which is found much faster than its elements."""
        last = b""
        with self.archive.open(self.sheet) as stream:
            while chunk := stream.read(_MB).replace(b"\0", b""):
                if word in last + chunk:
                    return True
                last = chunk[-len(word) :]
        return False


def opened(file: BinaryIO) -> Workbook:
    """Open a workbook.

    Raises:
        FieldstoneError: it is under a password, no .xlsx, has no sheet, or unpacks to more than is read.
    """
    if file.read(len(_OLE)) == _OLE:
        raise FieldstoneError("it is under a password or in the old .xls format; ask for an open .xlsx")
    if file.seek(0, 2) > FILE_BYTES:
        raise _too_large("the file", file.tell(), FILE_BYTES)
    reader = ExcelReader(file, read_only=True, keep_links=False)
    archive = reader.archive = _Parts(file)
    reader.read_manifest()
    reader.read_workbook()
    sheets = [
        relation.target
        for sheet, relation in reader.parser.find_sheets()
        if relation.Type.endswith("/worksheet") and sheet.state in (None, "visible")
    ]
    if not sheets:
        raise FieldstoneError("it has no sheet that shows; ask for a sheet with a header and rows")
    strings, styles = (reader.package.find(kind) for kind in (SHARED_STRINGS, STYLES_TYPE))
    return Workbook(
        archive=archive,
        sheet=sheets[0],
        others=len(sheets) - 1,
        strings=_strings(archive, strings.PartName[1:]) if strings else [],
        dates=_dates(archive, styles.PartName[1:]) if styles else frozenset(),
        epoch=reader.wb.epoch,
    )


def tag(name: str) -> str:
    """A tag with its namespace."""
    return f"{{{SHEET_MAIN_NS}}}{name}"


def plain(element: Element) -> str:
    """The text of a string, without its fonts and its reading aids.

    Raises:
        ValueError: it is longer than Excel allows.
    """
    text = "".join(t.text or "" for t in (*element.findall(_T), *element.findall(f"{_R}/{_T}")))
    if len(text) > _TEXT_LENGTH:
        raise ValueError("a text is longer than a cell")
    return text


_T, _R = tag("t"), tag("r")


def _strings(archive: "_Parts", name: str) -> list[str]:
    return [plain(item) for item in archive.each(name, tag("si"), _STRINGS_BYTES)]


def _dates(archive: "_Parts", name: str) -> frozenset[int]:
    formats = BUILTIN_FORMATS | dict.fromkeys(_EAST_ASIAN_DATES, "yyyy")
    for each in archive.each(name, tag("numFmt"), _OTHER_BYTES):
        formats.setdefault(int(each.get("numFmtId")), each.get("formatCode"))
    cells = next(archive.each(name, tag("cellXfs"), _OTHER_BYTES), ())
    shown = [formats.get(int(each.get("numFmtId", 0))) for each in cells]
    return frozenset(n for n, form in enumerate(shown) if is_date_format(form) and not is_timedelta_format(form))


class _Parts(ZipFile):
    """A zip file whose parts are no larger than they may be."""

    def read(self, name: str, pwd: None = None) -> bytes:
        """A part as a whole; openpyxl reads the small ones so."""
        with self._checked(name, _OTHER_BYTES) as part:
            return part.read(_OTHER_BYTES)

    def each(self, name: str, tag: str, limit: int) -> Iterator[Element]:
        """The elements of a tag, in order; everything else is forgotten at its end."""
        with self._checked(name, limit) as part:
            path: list[Element] = []
            within = 0
            for event, element in iterparse(part, ("start", "end")):
                is_wanted = element.tag == tag
                if event == "start":
                    path.append(element)
                    within += is_wanted
                    continue
                path.pop()
                within -= is_wanted
                if within == 0:
                    if is_wanted:
                        yield element
                    if path:
                        path[-1].clear()
                        part.unfinished = 0

    def _checked(self, name: str, limit: int) -> "_Part":
        info = self.getinfo(name)
        if info.file_size > limit:
            raise _too_large(f"its part {name}", info.file_size, limit)
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BadZipFile("packed as Excel doesn't pack")
        return _Part(self.open(name))


class _Part:
    """A part as it unpacks: no element may take too much of it, and it may define no entities.

    Attributes:
        unfinished: bytes since an element has ended.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.unfinished = 0
        self._stream, self._last = stream, b""

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            ValueError: an element is too large, or there is a document type, whose entities may grow without end.
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
    return FieldstoneError(
        f"{what} takes {size // _MB:,} MB, and a workbook's may take {limit // _MB:,}; "
        "ask for CSV or Parquet, or for a new workbook with nothing but the values"
    )
