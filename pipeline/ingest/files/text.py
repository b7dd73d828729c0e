"""Decodes text files in chunks that end at the end of a line.

Nearly any bytes are valid GB18030: text in UTF-8 or Big5 is decoded as other characters, without an error. So UTF-8 is
detected before decoding, and Big5 by the rare characters that it is decoded to: in the whole file, which is then
refused, and line by line.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from conf.schema.errors import PartnerError
from pipeline.ingest.text_chunks import CHUNK_BYTES, REPLACEMENT

_BOM = "\ufeff"
# Two-byte characters of GB18030 that Python, by the edition of 2000, decodes to the private use area. The edition of
# 2022 (appendix D) moved the first 18 and A8BC; it dropped the last six as duplicates of these ideographs.
_EDITION_2022 = {
    "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796": "︐︒︑︓︔︕︖︗︘︙",
    "\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864": "龴龵龶龷龸龹龺龻",
    "\ue7c7": "ḿ",
    "\ue816\ue817\ue818\ue831\ue83b\ue855": "\U00020087\U00020089\U000200cc\U000215d7\U0002298f\U000241fe",
}
_MOVED = {ord(a): b for old, new in _EDITION_2022.items() for a, b in zip(old, new, strict=True)}
_HAS_MOVED = re.compile("[" + "".join(map(chr, _MOVED)) + "]")
_UTF8_LINE = re.compile(
    rb"^[\x00-\x09\x0b-\x7f]*+"
    rb"(?:(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})[\x00-\x09\x0b-\x7f]*+)++$",
    re.MULTILINE,
)
_THREE_BYTES = re.compile(rb"[\xe0-\xf4]")  # first bytes of UTF-8 characters of three or more bytes, like Chinese ones
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_RARE, _RARE_SHARE = 3, 0.25  # number and share of characters beyond GB 2312; a Big5 text is decoded to a third
_COMMON_IN_BIG5, _COMMON_SHARE = range(0xA1, 0xC7), 0.9  # first bytes of Big5's punctuation and 5,401 common characters
_ENOUGH_LINES = 3  # least number of lines, so that a few damaged ones don't count as another encoding
_COINCIDENCES = 3  # different two-byte characters that a short file may have in GB18030 and UTF-8 alike


def pieces(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Text of a file in chunks, without a byte order mark; bytes that aren't valid become the replacement character.

    Raises:
        PartnerError: a line is longer than the largest chunk.
    """
    mark, rest = _BOM, b""
    while block := file.read(CHUNK_BYTES):
        block = rest + block
        # the line feed of a CR LF may be in the next block
        end = block.rfind(b"\n") + 1 or block.rfind(b"\r", 0, -1) + 1
        rest = block[end:]
        if len(rest) >= CHUNK_BYTES:
            raise PartnerError(f"it has a line longer than {CHUNK_BYTES:,} bytes; ask for one record a line")
        if end:
            yield _decoded(block[:end], encoding).removeprefix(mark)
            mark = ""
    if rest:
        yield _decoded(rest, encoding).removeprefix(mark)


def _decoded(block: bytes, encoding: str) -> str:
    if encoding == "utf-8":
        return block.decode(encoding, errors="replace")
    if block.isascii():
        return block.decode()
    block = block.removeprefix(codecs.BOM_UTF8)
    if encoding != "gb18030":
        return block.decode(encoding, errors="replace")
    text = _without_big5(_UTF8_LINE.sub(_undecodable, block).decode(encoding, errors="replace"))
    return text.translate(_MOVED) if _HAS_MOVED.search(text) else text


def _undecodable(line: re.Match[bytes]) -> bytes:
    """A UTF-8 line with invalid bytes in place of its characters; one with only two-byte ones may be GB18030, too."""
    return _NOT_ASCII.sub(b"\xff", line[0]) if _THREE_BYTES.search(line[0]) else line[0]


def _without_big5(text: str) -> str:
    """A text in which the content of lines in Big5 is replaced."""
    if _is_common(text):
        return text
    lines = text.splitlines(keepends=True)
    return "".join(_BEYOND_ASCII.sub(REPLACEMENT, line) if _is_big5(line) else line for line in lines)


def _is_common(text: str) -> bool:
    """Whether a text has only characters of GB 2312, as nearly every Chinese text does."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _is_big5(text: str) -> bool:
    """Whether a text decoded as GB18030 is Big5: it has several rare characters whose bytes are common in Big5."""
    if _is_common(text):
        return False
    beyond = "".join(_BEYOND_ASCII.findall(text)).replace(REPLACEMENT, "")
    rare = sum(not _is_common(character) for character in beyond)
    if rare < _RARE or rare < len(beyond) * _RARE_SHARE:
        return False
    pairs = beyond.encode("gb18030")
    try:
        pairs.decode("big5")
    except UnicodeDecodeError:
        return False
    common = sum(lead in _COMMON_IN_BIG5 for lead in pairs[::2])
    return common >= len(beyond) * _COMMON_SHARE


def check_encoding(file: BinaryIO, encoding: str) -> None:
    """Compare the declared encoding of a text file with its bytes.

    Raises:
        PartnerError: it has text beyond ASCII in UTF-8, GB18030 or Big5, and another encoding is declared.
    """
    begin = file.tell()
    if encoding != "utf-8" and _is_utf8(file, _COINCIDENCES if encoding == "gb18030" else 0):
        raise PartnerError(
            f"it is text in UTF-8, and {encoding} is declared for it; declare `encoding: utf-8` in its source, or ask "
            f"the partner for {encoding}"
        )
    file.seek(begin)
    if encoding == "gb18030" and _is_big5(file.read(CHUNK_BYTES).decode(encoding, errors="ignore")):
        raise PartnerError("it is text in Big5, which isn't read; ask the partner for gb18030 or UTF-8")
    file.seek(begin)
    if encoding == "utf-8" and _is_gb18030(file.read(CHUNK_BYTES)):
        raise PartnerError(
            "it is text in GB18030 or GBK, and utf-8 is declared for it; declare `encoding: gb18030` in its source, or "
            "ask the partner for UTF-8"
        )


def _is_utf8(file: BinaryIO, coincidences: int) -> bool:
    """Whether a file is UTF-8, with more characters of two bytes than a file in GB18030 may have by coincidence.

    Single characters like 楼 (C2 A5) are valid in both.
    """
    decoder, seen = codecs.getincrementaldecoder("utf-8-sig")(), set()
    try:
        while block := file.read(CHUNK_BYTES):
            text = decoder.decode(block)
            seen.update(() if text.isascii() else text)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    beyond = [character for character in seen if not character.isascii()]
    return len(beyond) > coincidences or any(character > "\u07ff" for character in beyond)


def _is_gb18030(block: bytes) -> bool:
    """Whether a text is Chinese in GB18030: it has several lines beyond ASCII, all in GB18030 and none in UTF-8.

    A UTF-8 file with damaged lines has others that are valid, so it isn't refused as a whole; its rows are checked one
    by one.
    """
    lines = [line for line in block[: block.rfind(b"\n") + 1].splitlines() if not line.isascii()]
    return len(lines) >= _ENOUGH_LINES and all(
        _text(line, "utf-8") is None and _is_common(_text(line, "gb18030") or REPLACEMENT) for line in lines
    )


def _text(line: bytes, encoding: str) -> str | None:
    """A line decoded by an encoding; None if it isn't valid in it."""
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None
