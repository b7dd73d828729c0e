"""Whatever bytes a partner sends as a file: rows, rows set aside with a reason, or a clear error; nothing else."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conf.errors import FieldstoneError
from conf.reasons import Reason
from conf.source import Asset
from conf.workspace import load
from jobs.ingest.formats import parse

CONTRACT = load().contract("housing__rural_house")
REASONS = {None, *map(str, Reason)}
ENCODINGS = st.sampled_from(["utf-8", "gb18030"])
KINDS = st.sampled_from(["csv", "jsonl", "parquet"])
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=5).map(repr)
)
NAMES = st.sampled_from([*CONTRACT.columns, "_reject", "_raw", "_source_ref", "_batch_id", "subject_key", "more"])
anything = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows(path, content: bytes, kind: str, encoding: str = "utf-8") -> list[dict]:
    """All rows of a file, none if it is refused; each is whole or has a reason."""
    path.write_bytes(content)
    try:
        batches = list(parse(str(path), "drop/file#sha", Asset(format=kind, encoding=encoding), CONTRACT))
    except FieldstoneError:
        return []
    read = [row for batch in batches for row in batch.to_pylist()]
    assert all(row["_reject"] in REASONS and row["_source_ref"] == "drop/file#sha" for row in read)
    assert all((row["_raw"] is None) or row["_reject"] for row in read)
    return read


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


@anything
@given(
    content=st.binary(max_size=400),
    kind=KINDS,
    encoding=ENCODINGS,
)
def test_any_bytes(path, content, kind, encoding):
    rows(path, content, kind, encoding)


@anything
@given(
    header=st.lists(NAMES, max_size=6),
    lines=st.lists(st.text(max_size=60), max_size=8),
    encoding=ENCODINGS,
)
def test_any_text_below_a_header(path, header, lines, encoding):
    text = "\n".join([",".join(header), *lines])
    rows(path, text.encode(encoding, errors="replace"), "csv", encoding)


@anything
@given(records=st.lists(st.dictionaries(NAMES, SCALARS | st.lists(SCALARS, max_size=2), max_size=5), max_size=6))
def test_any_objects_are_rows_of_their_own(path, records):
    read = rows(path, "\n".join(json.dumps(record) for record in records).encode(), "jsonl")
    assert len(read) == len(records)


@anything
@given(cut=st.integers(0, 2000), flip=st.integers(0, 2000))
def test_half_written_and_damaged_parquet(path, cut, flip):
    table = pa.table({name: [f"value {n}" for n in range(50)] for name in list(CONTRACT.columns)[:4]})
    pq.write_table(table, path)
    content = bytearray(path.read_bytes())
    content[flip % len(content)] ^= 0xFF
    rows(path, bytes(content[: len(content) - cut % len(content)]), "parquet")


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
        list(parse(str(path), "drop/file#sha", Asset(format="csv"), CONTRACT))


def test_a_line_longer_than_memory_should_hold_is_refused_without_its_values(path):
    path.write_bytes(b'house_unit_no,address\n1,"' + b"secret" * 4_000_000)
    with pytest.raises(FieldstoneError, match="can't be read as csv to its end") as refusal:
        list(parse(str(path), "drop/file#sha", Asset(format="csv"), CONTRACT))
    assert "secret" not in str(refusal.value)
