"""Text files as their encoding has them, in pieces that end where a line does.

Any bytes are text in GB18030, or nearly so: text in UTF-8 or Big5 is read as other characters, and nothing says so.
What is UTF-8 is therefore told apart before it is decoded, and what is Big5 by the rare characters that it is read as:
the file as a whole where it is refused, and line by line.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from conf.schema.errors import PartnerError
from pipeline.ingest.text_chunks import CHUNK_BYTES, REPLACEMENT

_BOM = "\ufeff"
# Two-byte characters of GB18030 that Python, after the edition of 2000, has in the private use area. The edition of
# 2022 (appendix D) has the first 18 and A8BC elsewhere; the last six were given up as doubles of these ideographs.
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
_THREE_BYTES = re.compile(rb"[\xe0-\xf4]")  # begin a character of three or more, as all Chinese ones are
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_RARE, _RARE_SHARE = 3, 0.25  # characters beyond GB 2312; a text in Big5 is read as a third of such
_COMMON_IN_BIG5, _COMMON_SHARE = range(0xA1, 0xC7), 0.9  # first bytes of its punctuation and of its 5,401 common ones
_ENOUGH_LINES = 3  # that a few damaged ones aren't taken for a file in another encoding
_COINCIDENCES = 3  # different characters of two bytes that GB18030 and UTF-8 may have in common in a short file


def pieces(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Text of a file, a byte order mark left out; what the encoding doesn't have becomes the replacement character.

    Raises:
        PartnerError: a line is longer than a piece may be.
    """
    mark, rest = _BOM, b""
    while block := file.read(CHUNK_BYTES):
        block = rest + block
        # the line feed of a CR LF may come with the next block
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
    if encoding != "gb18030":
        return block.decode(encoding, errors="replace")
    if block.isascii():
        return block.decode()
    block = block.removeprefix(codecs.BOM_UTF8)
    text = _without_big5(_UTF8_LINE.sub(_undecodable, block).decode(encoding, errors="replace"))
    return text.translate(_MOVED) if _HAS_MOVED.search(text) else text


def _undecodable(line: re.Match[bytes]) -> bytes:
    """A line in UTF-8 without what would be read as other characters; with two bytes each it may be GB18030 as well."""
    return _NOT_ASCII.sub(b"\xff", line[0]) if _THREE_BYTES.search(line[0]) else line[0]


def _without_big5(text: str) -> str:
    """A text without what stands in lines that are Big5."""
    if _is_common(text):
        return text
    lines = text.splitlines(keepends=True)
    return "".join(_BEYOND_ASCII.sub(REPLACEMENT, line) if _is_big5(line) else line for line in lines)


def _is_common(text: str) -> bool:
    """Whether a text has no other characters than those of GB 2312, which nearly every Chinese text has."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _is_big5(text: str) -> bool:
    """Whether a text was read as GB18030 and is Big5: several rare characters, which are common ones there."""
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
    """Hold the declared encoding of a text file against its bytes.

    Raises:
        PartnerError: it is text beyond ASCII in UTF-8, in GB18030 or in Big5, and another encoding is declared.
    """
    begin = file.tell()
    if encoding != "utf-8" and _is_utf8(file):
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


def _is_utf8(file: BinaryIO) -> bool:
    """Whether bytes are UTF-8, and can't be text in GB18030 by coincidence: single ones like 楼 (C2 A5) are both."""
    decoder, seen = codecs.getincrementaldecoder("utf-8-sig")(), set()
    try:
        while block := file.read(CHUNK_BYTES):
            text = decoder.decode(block)
            seen.update(() if text.isascii() else text)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    beyond = [character for character in seen if not character.isascii()]
    return len(beyond) > _COINCIDENCES or any(character > "\u07ff" for character in beyond)


def _is_gb18030(block: bytes) -> bool:
    """Whether a text is Chinese in GB18030: each line beyond ASCII is, of several, and none of them is UTF-8.

    A file in UTF-8 with damaged lines has others that are whole, and rows are judged one by one.
    """
    lines = [line for line in block[: block.rfind(b"\n") + 1].splitlines() if not line.isascii()]
    return len(lines) >= _ENOUGH_LINES and all(
        _text(line, "utf-8") is None and _is_common(_text(line, "gb18030") or REPLACEMENT) for line in lines
    )


def _text(line: bytes, encoding: str) -> str | None:
    """A line as an encoding has it, None if it doesn't."""
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None
