"""Workbooks: the sheet that is read, and the texts and styles of its cells.

openpyxl finds the sheets. It would keep the styles of a whole workbook in memory, unpack parts of any size, and drop
rows that are out of order, so parts with an element per row or per text are read here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from xml.etree.ElementTree import Element

from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS, STYLES_TYPE

from conf.schema.errors import PartnerError
from pipeline.ingest.files import styles
from pipeline.ingest.files.strings import plain
from pipeline.ingest.files.styles import Styles
from pipeline.ingest.files.workbook_parts import SHEET_BYTES, STRINGS_BYTES, Parts, tag

_MB = 1 << 20
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # first bytes of .xls, and of .xlsx with a password


@dataclass(frozen=True)
class Workbook:
    """An open workbook: one sheet, with the texts and styles that its cells refer to.

    Attributes:
        archive: the file.
        sheet: name of the part with the sheet.
        others: number of other visible sheets.
        strings: texts, by number.
        styles: styles of numbers.
        epoch: day 0 of dates.
    """

    archive: Parts
    sheet: str
    others: int
    strings: list[str]
    styles: Styles
    epoch: datetime

    def each(self, tag: str) -> Iterator[Element]:
        """The sheet's elements with a tag, one by one."""
        return self.archive.each(self.sheet, tag, SHEET_BYTES)

    def mentions(self, word: bytes) -> bool:
        """Whether the sheet contains a word anywhere; this is much faster than reading its elements."""
        last = b""
        with self.archive.open(self.sheet) as stream:
            while chunk := stream.read(_MB).replace(b"\0", b""):
                if word in last + chunk:
                    return True
                last = chunk[-len(word) :]
        return False


def opened(file: BinaryIO, sheet: str | int | None = None) -> Workbook:
    """Open a workbook.

    Args:
        file: the workbook.
        sheet: name of the sheet, or its number among the visible ones; by default the first visible one.

    Raises:
        PartnerError: it has a password, isn't .xlsx, lacks the sheet, or unpacks to more than the limit.
    """
    if file.read(len(_OLE)) == _OLE:
        raise PartnerError("it has a password or the old .xls format; ask for an .xlsx without password")
    archive = Parts(file)  # before openpyxl reads the file's list of parts
    reader = ExcelReader(file, read_only=True, keep_links=False)
    reader.archive = archive
    reader.read_manifest()
    reader.read_workbook()
    chosen, others = _sheet(reader, sheet)
    texts, looks = (reader.package.find(kind) for kind in (SHARED_STRINGS, STYLES_TYPE))
    return Workbook(
        archive=archive,
        sheet=chosen,
        others=others,
        strings=_strings(archive, texts.PartName[1:]) if texts else [],
        styles=styles.read(archive, looks.PartName[1:]) if looks else Styles(),
        epoch=reader.wb.epoch,
    )


def _sheet(reader: ExcelReader, wanted: str | int | None) -> tuple[str, int]:
    """The part with the wanted sheet, and the number of other visible ones."""
    parser = reader.parser
    parts = [(each, parser.rels[each.id]) for each in parser.sheets if each.id]
    sheets = [(each, relation.target) for each, relation in parts if relation.Type.endswith("/worksheet")]
    shown = [target for each, target in sheets if each.state in (None, "visible")]
    if isinstance(wanted, str):
        chosen = [target for each, target in sheets if each.name.casefold() == wanted.casefold()]
    else:
        chosen = shown[(wanted or 1) - 1 :]
    if chosen:
        return chosen[0], sum(target != chosen[0] for target in shown)
    if shown:  # names of sheets may be names of people
        raise PartnerError(
            f"it has {len(shown):,} sheets that show, and none is what the asset's `sheet` asks for; correct `sheet`, "
            "or ask for a workbook with that sheet"
        )
    raise PartnerError(
        "it has no sheet that shows; ask for a sheet with a header and rows, saved as Excel Workbook (.xlsx)"
    )


def _strings(archive: Parts, name: str) -> list[str]:
    return [plain(item) for item in archive.each(name, tag("si"), STRINGS_BYTES)]
