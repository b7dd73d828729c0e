"""Whatever bytes a partner sends as a file: rows, rows set aside with a reason, or a clear error; nothing else."""

import datetime as dt
import io
import json
import math
import re
import zipfile
from xml.sax.saxutils import escape

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbooks import BOOK, SHEET, STYLES, TYPES, cells, with_part, with_sheet, workbook

from conf.schema.errors import FieldstoneError
from conf.schema.quarantine_reasons import ReasonCode
from conf.schema.source import Asset
from conf.schema.workspace import load
from pipeline.ingest.files.formats import Origin, parse

CONTRACT, NOTICES = map(load().contract, ("housing__rural_house", "consent__withdrawal"))
NOTICED = st.dictionaries(st.sampled_from([*NOTICES.columns, "no", "身份证号"]), st.none() | st.text(), min_size=1)
REASONS = {None, *map(str, ReasonCode)}
ENCODINGS = st.sampled_from(["utf-8", "gb18030"])
KINDS = st.sampled_from(["csv", "jsonl", "parquet", "xlsx"])
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=5).map(repr)
)
NAMES = st.sampled_from([*CONTRACT.columns, "_reject", "_raw", "_source_ref", "_batch_id", "subject_key", "more"])


def rows(path, content: bytes, kind: str, encoding: str = "utf-8") -> list[dict]:
    """All rows of a file, none if it is refused; each is whole or has a reason."""
    path.write_bytes(content)
    try:
        batches = list(parse(str(path), Origin("drop/file", "sha"), Asset(format=kind, encoding=encoding), CONTRACT))
    except FieldstoneError:
        return []
    read = [row for batch in batches for row in batch.to_pylist()]
    assert all(row["_reject"] in REASONS and row["_source_ref"] == "drop/file#sha" for row in read)
    assert all((row["_raw"] is None) or row["_reject"] for row in read)
    return read


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


@given(
    content=st.binary(max_size=400),
    kind=KINDS,
    encoding=ENCODINGS,
)
def test_any_bytes(path, content, kind, encoding):
    rows(path, content, kind, encoding)


@given(
    header=st.lists(NAMES, max_size=6),
    lines=st.lists(st.text(max_size=60), max_size=8),
    encoding=ENCODINGS,
)
def test_any_text_below_a_header(path, header, lines, encoding):
    text = "\n".join([",".join(header), *lines])
    rows(path, text.encode(encoding, errors="replace"), "csv", encoding)


@given(records=st.lists(st.dictionaries(NAMES, SCALARS | st.lists(SCALARS, max_size=2), max_size=5), max_size=6))
def test_any_objects_are_rows_of_their_own(path, records):
    read = rows(path, "\n".join(json.dumps(record) for record in records).encode(), "jsonl")
    assert len(read) == len(records)


@given(records=st.lists(NOTICED, max_size=12))
def test_a_notice_of_withdrawal_is_a_whole_row_or_kept_as_its_line(path, records):
    lines = [json.dumps(record) for record in records]
    path.write_text("\n".join(lines))
    batches = parse(str(path), Origin("drop/file", "sha"), Asset(format="jsonl", optional=True), NOTICES)
    rows = [row for batch in batches for row in batch.to_pylist()]
    lacks = [any(not (record.get(name) or "").strip() for name in NOTICES.columns) for record in records]
    says_more = [not record.keys() <= NOTICES.columns.keys() for record in records]
    kept = [line for line, is_kept in zip(lines, map(min, lacks, says_more), strict=True) if is_kept]
    assert (len(rows), [row["_raw"] for row in rows if row["_raw"]]) == (len(records), kept)


@given(cut=st.integers(0, 2000), flip=st.integers(0, 2000))
def test_half_written_and_damaged_parquet(path, cut, flip):
    table = pa.table({name: [f"value {n}" for n in range(50)] for name in list(CONTRACT.columns)[:4]})
    pq.write_table(table, path)
    content = bytearray(path.read_bytes())
    content[flip % len(content)] ^= 0xFF
    rows(path, bytes(content[: len(content) - cut % len(content)]), "parquet")


NAMED = list(CONTRACT.columns)[:4]
WORKBOOK = workbook([NAMED, *([f"value {n}", n, n / 7, True] for n in range(20))], lambda s: s.merge_cells("B2:B4"))
CELLS = st.integers() | st.floats() | st.text(st.characters(codec="utf-8", exclude_characters="<>&"), max_size=20)


@given(cut=st.integers(0, 6000), flip=st.integers(0, 6000), to=st.integers(0, 255))
def test_half_written_and_damaged_workbooks(path, cut, flip, to):
    content = bytearray(WORKBOOK)
    content[flip % len(content)] = to
    rows(path, bytes(content[: len(content) - cut % len(content)]), "xlsx")


@given(part=st.sampled_from([TYPES, SHEET, STYLES, BOOK]), at=st.integers(0, 4000), piece=st.text(max_size=6))
def test_workbooks_with_other_words_in_them(path, part, at, piece):
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as archive:
        xml = archive.read(part).decode()
    at %= len(xml)
    rows(path, with_part(WORKBOOK, part, xml[:at] + piece + xml[at + len(piece) :]), "xlsx")


@given(
    style=st.text(max_size=12) | st.sampled_from(["0" * 40, "000", "yyyy", "e", "[h]", ";;;", "[$-804]0000"]),
    number=st.floats() | st.integers(),
    names=st.sampled_from(["", "Strict"]),
    from_1904=st.booleans(),
)
def test_any_number_in_any_format_is_a_row(path, style, number, names, from_1904):
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.epoch = dt.datetime(1904, 1, 1) if from_1904 else book.epoch
    book.active.append(NAMED[:2])
    book.active.append(["a", 7.5])
    book.active["B2"].number_format = re.sub(r"[^\t\n\r -\ud7ff]", "", style)
    book.save(content)
    with zipfile.ZipFile(content) as archive:
        xml = archive.read(SHEET).decode().replace("<v>7.5<", f"<v>{number}<")
    read = rows(path, with_part(content.getvalue(), SHEET, xml.replace(*STRICT) if names else xml), "xlsx")
    assert len(read) == math.isfinite(number)


STRICT = ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")


@given(
    lines=st.lists(
        st.lists(st.tuples(st.sampled_from(["n", "s", "b", "e", "str", "d", "inlineStr", "x"]), CELLS), max_size=5),
        max_size=6,
    )
)
def test_any_cells_are_rows_of_their_own_or_none_is(path, lines):
    filled = [[f'<c t="{kind}"><f>1</f><v>{value}</v></c>' for kind, value in line] for line in lines]
    sheet = cells(*NAMED) + "".join(f"<row>{''.join(line)}</row>" for line in filled)
    read = rows(path, with_sheet(sheet), "xlsx")
    assert len(read) <= len([line for line in lines if line])


def escaped(text: str) -> str:
    """A text as Excel writes it: what XML can't hold by its number, and an underscore where it would begin such one."""
    text = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub("[\x00-\x08\x0b-\x1f\ufffe\uffff]", lambda match: f"_x{ord(match[0]):04X}_", text)


ESCAPES = st.sampled_from(["_x000D_", "_x005F_", "_", "x005F_", "_xD800_", "_xdfb7_", "\r", "\x01", "𠮷", "_x00"])


@given(texts=st.lists(st.lists(ESCAPES | st.text(max_size=3), min_size=1, max_size=6).map("".join), max_size=5))
def test_any_text_comes_back_from_a_workbook(path, texts):
    texts = [f"a{text}b".replace("\ufffd", "") for text in texts]
    sheet = "".join(cells(escape(escaped(text))) for text in texts)
    assert [row[NAMED[0]] for row in rows(path, with_sheet(cells(NAMED[0]) + sheet), "xlsx")] == texts


CORPUS = {
    "half a surrogate pair": (b'{"house_unit_no": "\\ud800"}\n', "BAD_RECORD"),
    "half a pair as a name": (b'{"\\udfff": 1}\n', "BAD_RECORD"),
    "a reason of the partner's own": (b'{"house_unit_no": "1", "_reject": "RAGGED_ROW", "_raw": "x"}\n', None),
    "no object": (b"[1, 2]\n", "BAD_RECORD"),
    "a thousand brackets": (b"[" * 100_000 + b"\n", "BAD_RECORD"),
    "a number without end": (b'{"floors": 1' + b"0" * 9000 + b"}\n", None),
    "not a number": (b'{"floors": NaN}\n', None),
    "a byte that is no UTF-8": (b'{"house_unit_no": "\xff"}\n', "BAD_ENCODING"),
    "nothing but a NUL": (b"\0\n", "BAD_RECORD"),
}


@pytest.mark.parametrize("name", CORPUS)
def test_ugly_lines_of_json(path, name):
    content, reason = CORPUS[name]
    (row,) = rows(path, content, "jsonl")
    assert row["_reject"] == reason
    assert (row["_raw"] is not None) == (reason == "BAD_RECORD")


def test_a_header_that_names_a_column_twice_is_refused(path):
    path.write_bytes(b"house_unit_no,house_unit_no\n1,2\n")
    with pytest.raises(FieldstoneError, match="names 1 columns twice"):
        list(parse(str(path), Origin("drop/file", "sha"), Asset(format="csv"), CONTRACT))


def test_a_line_longer_than_memory_should_hold_is_refused_without_its_values(path):
    path.write_bytes(b'house_unit_no,address\n1,"' + b"secret" * 4_000_000)
    with pytest.raises(FieldstoneError, match="it has a line longer than") as refusal:
        list(parse(str(path), Origin("drop/file", "sha"), Asset(format="csv"), CONTRACT))
    assert "secret" not in str(refusal.value)
