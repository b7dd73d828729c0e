"""A corpus of ugly files: each ends in so many rows, so many set aside with a reason, or in an error of these words."""

import io
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.source import Asset
from conf.schema.workspace import load
from pipeline.ingest.files.formats import Origin, parse

CONTRACT = load().contract("housing__rural_house")
HEADER = b"house_unit_no,address,floors\n"
OBJECT = b'{"house_unit_no": "U1", "floors": 2}\n'
WHOLE, RAGGED, ENCODING, RECORD = None, "RAGGED_ROW", "BAD_ENCODING", "BAD_RECORD"


def parquet(**columns: pa.Array | list) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()


# name: format and encoding, content, and the reasons of its rows or the words of its error
FILES = {
    "csv: byte order mark": ("csv", b"\xef\xbb\xbf" + HEADER + b"U1,a,1\n", {WHOLE: 1}),
    "csv: CRLF": ("csv", HEADER.replace(b"\n", b"\r\n") + b"U1,a,1\r\nU2,b,2\r\n", {WHOLE: 2}),
    "csv: CR only": ("csv", HEADER.replace(b"\n", b"\r") + b"U1,a,1\rU2,b,2\r", {WHOLE: 2}),
    "csv: only a header": ("csv", HEADER, {}),
    "csv: a header without an end": ("csv", HEADER[:-1], {}),
    "csv: blank lines": ("csv", HEADER + b"\n\nU1,a,1\n\n", {WHOLE: 1}),
    "csv: NUL bytes": ("csv", HEADER + b"U1,a\0b,1\n\0\n", {ENCODING: 1, RAGGED: 1}),
    "csv: quoted line breaks": ("csv", HEADER + b'U1,"a\nb",1\nU2,c,2\n', {WHOLE: 2}),
    "csv: many quoted line breaks": ("csv", HEADER + b'U1,"aaaaaaaaa\nb",1\n' * 600_000, {WHOLE: 600_000}),
    "csv: a quote in the middle": ("csv", HEADER + b'U1,5" pipe,1\nU2,b,2\n', {WHOLE: 2}),
    "csv: a quote that nothing closes": ("csv", HEADER + b'U1,a,1\nU2,"b,2\nU3,c,3\n', {WHOLE: 1, RAGGED: 2}),
    "csv: such a quote in the last column": ("csv", HEADER + b'U1,a,1\nU2,b,"2\nU3,c,3\n', {WHOLE: 1, RAGGED: 2}),
    "csv: more than is read after such a quote": (
        "csv",
        HEADER + b'U1,"a\n' + b"U2,b,2\n" * 3_000_000,
        "it has a record longer than 8,388,608 characters, which a quote that nothing closes may begin",
    ),
    "csv: trailing delimiters in rows": ("csv", HEADER + b"U1,a,1,\n", {RAGGED: 1}),
    "csv: a trailing delimiter everywhere": ("csv", HEADER[:-1] + b",\nU1,a,1,\n", {WHOLE: 1}),
    "csv: trailing delimiters everywhere": ("csv", HEADER[:-1] + b",,\nU1,a,1,,\n", {WHOLE: 1}),
    "csv: another delimiter": ("csv", HEADER + b"U1;a;1\n", {RAGGED: 1}),
    "csv: encodings mixed": (
        "csv",
        HEADER + "U1,镇,1\n".encode() + "U2,镇,2\n".encode("gb18030"),
        {WHOLE: 1, ENCODING: 1},
    ),
    "csv: UTF-16": (
        "csv",
        (HEADER + b"U1,a,1\n").decode().encode("utf-16"),
        "its header isn't text in utf-8; ask for that encoding",
    ),
    "csv: a long line": (
        "csv",
        HEADER + b"U1," + b"a" * (20 << 20) + b",1\n",
        "it has a line longer than 8,388,608 bytes",
    ),
    "csv: a line without an end": ("csv", b"a" * (9 << 20), "it has a line longer than 8,388,608 bytes"),
    "jsonl: byte order mark": ("jsonl", b"\xef\xbb\xbf" + OBJECT, {WHOLE: 1}),
    "jsonl: CRLF and blank lines": ("jsonl", OBJECT.replace(b"\n", b"\r\n") + b"\r\n \n" + OBJECT, {WHOLE: 2}),
    "jsonl: CR only": ("jsonl", OBJECT.replace(b"\n", b"\r") * 2, {WHOLE: 2}),
    "jsonl: cut off": ("jsonl", OBJECT + OBJECT[:-5], {WHOLE: 1, RECORD: 1}),
    "jsonl: two objects in a line": ("jsonl", OBJECT[:-1] + OBJECT, {RECORD: 1}),
    "jsonl: one list of all": ("jsonl", b"[" + OBJECT[:-1] + b"]", {RECORD: 1}),
    "jsonl: a name twice": ("jsonl", b'{"floors": 1, "floors": 2}\n{"floors": {"a": 1, "a": 2}}\n', {RECORD: 2}),
    "jsonl: deep": ("jsonl", b'{"floors": ' + b"[" * 200_000 + b"]" * 200_000 + b"}\n" + OBJECT, {RECORD: 1, WHOLE: 1}),
    "jsonl: huge numbers": ("jsonl", b'{"floors": 1e999}\n{"floors": 1' + b"0" * 5000 + b"}\n", {WHOLE: 2}),
    "jsonl: no numbers": ("jsonl", b'{"floors": NaN}\n{"floors": -Infinity}\n', {WHOLE: 2}),
    "jsonl: NUL bytes": ("jsonl", OBJECT + b"\0\0\0\n", {WHOLE: 1, RECORD: 1}),
    "jsonl: encodings mixed": (
        "jsonl",
        b'{"address": "' + "镇".encode("gb18030") + b'"}\n' + OBJECT,
        {WHOLE: 1, ENCODING: 1},
    ),
    "jsonl: UTF-16": ("jsonl", OBJECT.decode().encode("utf-16"), {RECORD: 2}),
    "jsonl: a line without an end": (
        "jsonl",
        b'{"a": "' + b"a" * (9 << 20),
        "it has a line longer than 8,388,608 bytes",
    ),
    "parquet: no rows": ("parquet", parquet(house_unit_no=pa.array([], pa.string())), {}),
    "parquet: no Parquet": ("parquet", HEADER + b"U1,a,1\n", "can't be read as parquet to its end (ArrowInvalid)"),
    "parquet: cut off": (
        "parquet",
        parquet(house_unit_no=["U1"])[:-9],
        "can't be read as parquet to its end (ArrowInvalid)",
    ),
    "parquet: empty": ("parquet", b"", "can't be read as parquet to its end (ArrowInvalid)"),
    "parquet: nested": ("parquet", parquet(house_unit_no=[{"a": 1}]), "can't be read as parquet to its end"),
    "parquet: NaN": ("parquet", parquet(floor_area_m2=[float("nan"), float("inf")]), {WHOLE: 2}),
}


@pytest.mark.parametrize("name", FILES)
def test_ugly_files(tmp_path, name):
    form, content, outcome = FILES[name]
    path = tmp_path / "file"
    path.write_bytes(content)
    batches = parse(str(path), Origin("drop/file", "sha"), Asset(format=form), CONTRACT)
    if isinstance(outcome, dict):
        reasons = Counter(reason for batch in batches for reason in batch.column("_reject").to_pylist())
        assert reasons == outcome
    else:
        with pytest.raises(FieldstoneError) as error:
            list(batches)
        assert outcome in str(error.value)
        assert str(error.value).startswith("drop/file can't be read")


BOMBS = {
    "one value for many rows": (lambda: pa.DictionaryArray.from_arrays([0] * 300, ["x" * 1_000_000]), True),
    "a value for each row": (lambda: pa.array([f"{n:0500000}" for n in range(600)]), False),
}


@pytest.mark.parametrize("name", BOMBS)
def test_300_mb_of_text_in_a_small_parquet_file_are_handed_on_in_pieces(tmp_path, name):
    make, is_dictionary = BOMBS[name]
    address = make()
    rows = pa.table({"address": address, "house_unit_no": ["U1"] * len(address)})
    pq.write_table(rows, tmp_path / "file", compression="zstd", use_dictionary=is_dictionary, write_batch_size=1)
    assert (tmp_path / "file").stat().st_size < 200_000
    before, seen = pa.total_allocated_bytes(), 0
    for batch in parse(str(tmp_path / "file"), Origin("drop/file", "sha"), Asset(format="parquet"), CONTRACT):
        seen += batch.num_rows
        assert pa.total_allocated_bytes() - before < 100 << 20
    assert seen == len(address)
