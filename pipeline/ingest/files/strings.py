"""Texts of a workbook: what their XML stands for."""

import re
from xml.etree.ElementTree import Element

from pipeline.ingest.files.workbook_parts import tag

_TEXT_LENGTH = 32_767  # of a cell, as Excel has it
_T, _R = tag("t"), tag("r")
# characters that XML can't hold, as ECMA-376 spells them (22.9.2.19, ST_Xstring); `_x005F_` is a plain underscore
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def plain(element: Element) -> str:
    """The text of a string, without its fonts and its reading aids.

    Raises:
        ValueError: it is longer than Excel allows.
    """
    return unescaped("".join(t.text or "" for t in (*element.findall(_T), *element.findall(f"{_R}/{_T}"))))


def unescaped(text: str) -> str:
    """A text as it was before it was written into XML; half of a pair of surrogates is no character.

    Raises:
        ValueError: it is longer than Excel allows.
    """
    if "_x" in text:
        units = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
        text = units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if len(text) > _TEXT_LENGTH:
        raise ValueError("a text is longer than a cell")
    return text
