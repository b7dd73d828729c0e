"""Text as files have it: encodings, editions of them, headers, and what stands between and around rows."""

import io
from collections import Counter
from typing import get_args

import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.source import Asset, Encoding
from conf.schema.workspace import load
from pipeline.ingest.files import delimited
from pipeline.ingest.files.formats import Origin, parse
from pipeline.ingest.files.text import check_encoding, pieces

CONTRACT = load().contract("housing__rural_house")
HEADER = b"house_unit_no,address,floors\n"

# two bytes of GB 18030-2022 and its code point, after the Unicode consortium's L2/23-003R
MOVED = {
    **{"A6D9": "\ufe10", "A6DA": "\ufe12", "A6DB": "\ufe11", "A6DC": "\ufe13", "A6DD": "\ufe14"},
    **{"A6DE": "\ufe15", "A6DF": "\ufe16", "A6EC": "\ufe17", "A6ED": "\ufe18", "A6F3": "\ufe19"},
    **{"FE59": "\u9fb4", "FE61": "\u9fb5", "FE66": "\u9fb6", "FE67": "\u9fb7"},
    **{"FE6D": "\u9fb8", "FE7E": "\u9fb9", "FE90": "\u9fba", "FEA0": "\u9fbb", "A8BC": "\u1e3f"},
    **{"FE51": "\U00020087", "FE52": "\U00020089", "FE53": "\U000200cc"},
    **{"FE6C": "\U000215d7", "FE76": "\U0002298f", "FE91": "\U000241fe"},
}


def decoded(content: bytes, encoding: str = "gb18030") -> str:
    return "".join(pieces(io.BytesIO(content), encoding))


def rows(tmp_path, content: bytes, **written) -> list[dict]:
    path = tmp_path / "file"
    path.write_bytes(content)
    batches = parse(str(path), Origin("drop/file", "sha"), Asset(**written), CONTRACT)
    return [row for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("code", MOVED)
def test_gb18030_of_2022(code):
    assert decoded(bytes.fromhex(code)) == MOVED[code]
    assert decoded(MOVED[code].encode("gb18030")) == MOVED[code]


def test_western_encodings_as_declared():
    assert decoded("Öko – São €5".encode("windows-1252"), "windows-1252") == "Öko – São €5"
    assert decoded("Öko São".encode("latin-1"), "latin-1") == "Öko São"
    assert decoded(b"a\x81b", "windows-1252") == "a\ufffdb"
    assert decoded(b"\xef\xbb\xbfno\n", "windows-1252") == "no\n"


LETTERS = {  # encoding → bytes of a word, and the word
    "windows-1250": (b"\x8eito, \xf8epa, gr\xf3jec", "Žito, řepa, grójec"),
    "iso-8859-2": (b"\xaeito, \xf8epa, \xb3\xb1ka", "Žito, řepa, łąka"),
    "windows-1251": (b"\xef\xf8\xe5\xed\xe8\xf6\xe0 \xb9 5", "пшеница № 5"),
    "windows-1253": (b"\xd3\xe9\xf4\xdc\xf1\xe9 \x80", "Σιτάρι €"),
    "windows-1254": (b"\xddncir, \xfeeker, \xe7ay\xfdr, \x80", "İncir, şeker, çayır, €"),
    "iso-8859-9": (b"\xddncir, \xfeeker, da\xf0", "İncir, şeker, dağ"),
    "windows-1257": (b"kvie\xe8iai, r\xfbgis, \xf0ok", "kviečiai, rūgis, šok"),
    "iso-8859-15": (b"\xa4 c\xbdur \xbduf", "€ cœur œuf"),
}


@pytest.mark.parametrize("encoding", LETTERS)
def test_letters_of_other_languages_are_read_as_declared(tmp_path, encoding):
    content, word = LETTERS[encoding]
    (row,) = rows(tmp_path, HEADER + b'1,"' + content + b'",2\n', encoding=encoding)
    assert row["address"] == word


def test_every_single_byte_encoding_has_the_characters_of_ascii():
    ascii_bytes = bytes(range(128))
    for encoding in get_args(Encoding):
        assert decoded(ascii_bytes + b"\n", encoding) == ascii_bytes.decode() + "\n"


@pytest.mark.parametrize("encoding", [name for name in get_args(Encoding) if name not in ("utf-8", "gb18030")])
def test_utf8_where_a_western_encoding_is_declared_is_refused(encoding):
    with pytest.raises(FieldstoneError, match=f"it is text in UTF-8, and {encoding} is declared for it"):
        check_encoding(io.BytesIO("Öko\n".encode()), encoding)
    check_encoding(io.BytesIO(b"\xd6ko\n"), encoding)


def test_the_rest_of_gb18030_is_as_it_was():
    # whatever Python reads of two bytes is read so, but for what the edition of 2022 has moved
    moved = {bytes.fromhex(code) for code in MOVED}
    for first in range(0x81, 0xFF):
        codes = [bytes([first, second]) for second in (*range(0x40, 0x7F), *range(0x80, 0xFF))]
        for code in [code for code in codes if code not in moved]:
            assert decoded(b"\x81\x30\x81\x30" + code) == (b"\x81\x30\x81\x30" + code).decode("gb18030", "replace")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain\n",
        "楼".encode("gb18030"),
        "通楼路".encode("gb18030"),
        b"\xef\xbb\xbfplain",
        "重庆市".encode("gb18030"),
        "重庆市".encode() + "重庆市".encode("gb18030"),
        "重庆市".encode()[:-1],
    ],
)
def test_what_may_be_gb18030(content):
    check_encoding(io.BytesIO(content), "gb18030")


@pytest.mark.parametrize("text", ["村", "x" * (9 << 20) + "村", "\ufeff村", "áéíó", "𠂇", "plain，"])
def test_what_is_utf8_is_no_gb18030(text):
    check_encoding(io.BytesIO(text.encode()), "utf-8")
    with pytest.raises(FieldstoneError, match="it is text in UTF-8, and gb18030 is declared"):
        check_encoding(io.BytesIO(text.encode()), "gb18030")


def test_lines_in_utf8_within_gb18030_are_undecodable_and_no_others():
    lines = ["楼,a\n".encode("gb18030"), "村,b\r\n".encode(), "é,c\n".encode("gb18030"), "一二三\n".encode("gb18030")]
    assert decoded(b"".join(lines)) == "楼,a\n\ufffd,b\r\né,c\n一二三\n"


OUTCOMES = {
    "a name in quotes with a delimiter in it": (b'"house_unit_no","a,b",floors\nU1,x,1\n', {None: 1}),
    "names with blanks and marks": (
        "\ufeff\ufeff house_unit_no\u3000,\taddress, floors \nU1,x,1\n".encode(),
        {None: 1},
    ),
    "blank lines before the header": (b"\n\r\n ,,\n" + HEADER + b"U1,x,1\n", {None: 1}),
    "separators of lines that are none": (HEADER + "U1,a\u2028b\u0085c\x0b\x0c\x1cd,1\n".encode(), {None: 1}),
    "mixed line breaks": (HEADER + b"U1,x,1\rU2,x,1\r\nU3,x,1\nU4,x,1\r\n\r\r\nU5,x,1", {None: 5}),
    "rows of nothing but blanks": (HEADER + b"   \n\t\nU1,x,1\n \n", {None: 1}),
    "rows of nothing but delimiters": (HEADER + b",,\nU1,x,1\n,\n", {None: 2, "RAGGED_ROW": 1}),
    "a delimiter more in rows": (HEADER + b"U1,x,1,\nU2,x,1\n", {None: 1, "RAGGED_ROW": 1}),
    "delimiters more everywhere": (HEADER[:-1] + b",,,\nU1,x,1,,,\n", {None: 1}),
    "a long text": (HEADER + b'U1,"' + b"long, \n" * 500_000 + b'",1\n', {None: 1}),
    "text after a quote that closes": (HEADER + b'U1,"x" y,1\nU2,x "y",1\n', {None: 1, "RAGGED_ROW": 1}),
    "a quote open at the end": (HEADER + b'U1,x,1\nU2,x,"', {None: 1, "RAGGED_ROW": 1}),
    "a value cut off at the end": (HEADER + b'U1,x,1\nU2,x,"1', {None: 1, "RAGGED_ROW": 1}),
    "nothing in quotes at the end": (HEADER + b'U1,x,""', {None: 1}),
    "NUL bytes of a lost block": (HEADER + b"U1,x,1\n" + b"\0" * 5000, {None: 1, "RAGGED_ROW": 1}),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_rows_as_they_come(tmp_path, name):
    content, reasons = OUTCOMES[name]
    assert Counter(row["_reject"] for row in rows(tmp_path, content)) == reasons


REFUSALS = {
    "a quote that nothing closes": (b'house_unit_no,"address\nU1,x,1\n', "a quote in its header isn't closed"),
    "text after a quote": (b'house_unit_no,"address" x\nU1,x,1\n', "a quote in its header isn't closed, or closed too"),
    "rows in a quote": (b'house_unit_no,floors,"address\nU1,1,x"\n', "a quote in its header swallows lines after it"),
    "a name twice": (b"house_unit_no,floors,floors\n", "names 1 columns twice"),
    "NUL": (b"house_unit_no,flo\0ors\n", "its header isn't text in utf-8"),
    "nothing": (b"", "it has no header; ask the partner for one"),
    "blanks": (b"\n , \n", "it has no header; ask the partner for one"),
    "a long name": (b"house_unit_no," + b"a" * (9 << 20), "it has a line longer than 8,388,608 bytes"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_headers_that_cannot_be(name):
    content, words = REFUSALS[name]
    with pytest.raises(FieldstoneError, match=words):
        delimited.header(io.BytesIO(content), Asset())


def test_columns_without_a_name_are_told_once(tmp_path):
    assert delimited.header(io.BytesIO(b"house_unit_no,,floors,,\n"), Asset()) == ["house_unit_no", "floors", ""]
    (row,) = rows(tmp_path, b"house_unit_no,,floors,,\nU1,a,2,b,c\n")
    assert (row["house_unit_no"], row["floors"]) == ("U1", "2")


@pytest.mark.parametrize("shift", range(-3, 4))
@pytest.mark.parametrize("value", [b'"a\r\nb"', b'"a\nb"', b'"a\rb"', b'"a""b"', b'"a,\r\n""\r\nb"'])
def test_a_value_at_the_bound_of_a_block_is_as_it_was(tmp_path, value, shift):
    filling = b"U1," + b"y" * 90 + b",1\n"
    start = HEADER + filling * (((8 << 20) - 1000) // len(filling))
    start += b"S," + b"z" * ((8 << 20) - len(start) - 5 - len(value) // 2 + shift) + b",1\nT,"
    records = rows(tmp_path, start + value + b",1\r\nV,x,1\r\n")
    assert records[-2]["address"] == value.decode()[1:-1].replace('""', '"')
    assert [row["house_unit_no"] for row in records[-3:]] == ["S", "T", "V"]
    assert not any(row["_reject"] for row in records)
