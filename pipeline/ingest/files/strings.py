"""Reads the texts of a workbook from their XML."""

import re
from xml.etree.ElementTree import Element

from pipeline.ingest.files.workbook_parts import tag

_TEXT_LENGTH = 32_767  # Excel's limit for a cell, in characters
_T, _R = tag("t"), tag("r")
# escapes of ECMA-376 for characters that XML can't contain (22.9.2.19, ST_Xstring); `_x005F_` is a plain underscore
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def plain(element: Element) -> str:
    """The text of a string, without fonts and phonetic hints.

    Raises:
        ValueError: it is longer than Excel allows.
    """
    return unescaped("".join(t.text or "" for t in (*element.findall(_T), *element.findall(f"{_R}/{_T}"))))


def unescaped(text: str) -> str:
    """A text with the escapes of XML resolved; half of a surrogate pair isn't a character.

    Raises:
        ValueError: it is longer than Excel allows.
    """
    if "_x" in text:
        units = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
        text = units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if len(text) > _TEXT_LENGTH:
        raise ValueError("a text is longer than a cell")
    return text
