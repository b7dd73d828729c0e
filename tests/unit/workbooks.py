"""Builds workbooks for tests, whole ones and such as no program writes."""

import io
import zipfile
from collections.abc import Callable, Iterable

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.constants import SHARED_STRINGS

TYPES = "[Content_Types].xml"
SHEET, STRINGS, STYLES, BOOK = (
    f"xl/{part}.xml" for part in ("worksheets/sheet1", "sharedStrings", "styles", "workbook")
)
_SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'


def workbook(rows: Iterable[Iterable[object]], change: Callable[[Worksheet], None] | None = None) -> bytes:
    """A workbook of one sheet, changed by a function before it is saved."""
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(list(row))
    if change:
        change(book.active)
    book.save(content)
    return content.getvalue()


def with_part(content: bytes, name: str, part: bytes | str) -> bytes:
    """A workbook with another part in place of its own, or with one more."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, part)
    return changed.getvalue()


def with_strings(content: bytes, strings: bytes | str) -> bytes:
    """A workbook with a table of texts, such as Excel writes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        types = archive.read(TYPES).decode()
    override = f'<Override PartName="/{STRINGS}" ContentType="{SHARED_STRINGS}"/></Types>'
    return with_part(with_part(content, TYPES, types.replace("</Types>", override)), STRINGS, strings)


def with_sheet(rows: str, around: str = "{}") -> bytes:
    """A workbook whose sheet holds these rows as XML."""
    return with_part(workbook([["a"]]), SHEET, _SHEET.format(around.format(f"<sheetData>{rows}</sheetData>")))


def cells(*values: object) -> str:
    """A row as XML, its texts inline."""
    return "<row>" + "".join(f'<c t="inlineStr"><is><t>{value}</t></is></c>' for value in values) + "</row>"
