"""Reads the file that a workspace is drafted from: its encoding, delimiter, header and rows."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from conf.schema.errors import UsageError
from pipeline.drafting import null_tokens

_DELIMITERS = (",", ";", "\t", "|")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_BESIDE_LATIN = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f]|[^\x00-\x7f](?=[A-Za-z])")
_LEAST_ROWS = 50
_NO_NAME = re.compile(r"[$¥￥€+-]?[0-9][0-9.,:/ -]*[X€]?")


@dataclass(frozen=True)
class FileTable:
    """The content of a file.

    Attributes:
        encoding, delimiter: in the form of a source's declaration.
        rows: values as text without blanks around them, one for each header; an empty text if there is no value.
        null_tokens: tokens in the file that meant "no value".
        coded: headers of the columns in which `NA` may be a code of a place.
    """

    encoding: str
    delimiter: str
    headers: list[str]
    rows: list[list[str]]
    null_tokens: tuple[str, ...]
    coded: tuple[str, ...]


def read(path: Path) -> FileTable:
    """Read a CSV file as a whole.

    Raises:
        UsageError: the file is missing, isn't text, or its lines don't fit its header.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}; give --from a CSV file with a header")
    content = path.read_bytes()
    encoding = _encoding(content)
    if encoding is None or b"\0" in content:
        raise UsageError(f"{path.name} isn't text in UTF-8, GB18030 or Windows-1252; save it as CSV in UTF-8")
    text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    headers, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row] or [[]]
    if len(headers) < 2 or not all(header.strip() for header in headers) or len({*headers}) < len(headers):
        raise UsageError(
            f"the first line of {path.name} isn't a header: it needs at least two names, none empty and none twice; "
            "add one"
        )
    if 3 * sum(bool(_NO_NAME.fullmatch(header.strip())) for header in headers) >= len(headers):
        raise UsageError(
            f"the first line of {path.name} looks like a row, because a third or more of its values are numbers or "
            "days; put a line with the columns' names before it"
        )
    if ragged := sum(len(row) != len(headers) for row in rows):
        raise UsageError(
            f"{ragged:,} of {len(rows):,} rows of {path.name} have more or fewer values than its header has names; "
            "put quotes around values that contain the separator"
        )
    if len(rows) < _LEAST_ROWS:
        raise UsageError(
            f"{path.name} has {len(rows):,} rows; at least {_LEAST_ROWS} are needed to guess from. Add rows, or write "
            "the contract of so small a table by hand, as docs/how-to/workspace.md shows"
        )
    cells = [[row[i].strip() for row in rows] for i in range(len(headers))]
    nulls = null_tokens.tokens(headers, cells)
    known = [["" if cell.strip() in nulls else cell.strip() for cell in row] for row in rows]
    return FileTable(encoding, delimiter, headers, known, nulls, null_tokens.coded(headers, cells))


def _encoding(content: bytes) -> str | None:
    """The likeliest encoding of a text: UTF-8 if it is valid, else GB18030 if that gives Chinese, else Windows-1252.

    Nearly any bytes are valid GB18030, so a text in Windows-1252 is, too; but most characters that it gives are rare
    ones, beyond GB 2312, or stand beside Latin letters, as in `S鉶 Paulo`.
    """
    if _text(content, "utf-8") is not None:
        return "utf-8"
    chinese, western = _text(content, "gb18030"), _text(content, "windows-1252")
    if chinese is not None and (western is None or _is_chinese(chinese)):
        return "gb18030"
    return None if western is None else "windows-1252"


def _is_chinese(text: str) -> bool:
    apart = "".join(_BEYOND_ASCII.findall(_BESIDE_LATIN.sub("", text)))
    common = apart.encode("gb2312", "ignore").decode("gb2312")
    return len(common) >= len(_BEYOND_ASCII.findall(text)) / 2


def _text(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None
