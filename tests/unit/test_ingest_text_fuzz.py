"""Whatever text a partner sends as CSV: each record comes back as it was written, or its lines are set aside."""

import csv
import io
from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conf.schema.errors import FieldstoneError
from conf.schema.source import Asset
from conf.schema.workspace import load
from pipeline.ingest.files import delimited
from pipeline.ingest.files.formats import Origin, parse

CONTRACT = load().contract("housing__rural_house")
NAMES = list(CONTRACT.columns)[:3]
DELIMITERS = st.sampled_from([",", ";", "|", "\t", "\x01"])
BREAKS = st.sampled_from(["\n", "\r\n", "\r"])


def read(path, content: bytes, **written) -> list[dict]:
    path.write_bytes(content)
    batches = parse(str(path), Origin("drop/file", "sha"), Asset(**written), CONTRACT)
    return [row for batch in batches for row in batch.to_pylist()]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


@pytest.fixture(params=[64, 8 << 20], ids=["small blocks", "blocks"])
def blocks(request, monkeypatch):
    """Text is cut at a great many places, or at none."""
    monkeypatch.setattr("pipeline.ingest.files.text.CHUNK_BYTES", request.param)


@given(
    content=st.binary(max_size=300) | st.text('",;\r\n\tab\0\u2028é楼', max_size=80).map(str.encode),
    delimiter=DELIMITERS,
    skip_rows=st.integers(0, 3),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_any_bytes_are_rows_or_set_aside_or_refused(path, content, delimiter, skip_rows, encoding):
    header = delimiter.join(NAMES).encode() + b"\n"
    try:
        rows = read(path, header + content, delimiter=delimiter, skip_rows=skip_rows, encoding=encoding)
    except FieldstoneError:
        return
    assert all((row["_raw"] is None) or row["_reject"] == "RAGGED_ROW" for row in rows)


TEXTS = st.text(st.sampled_from('"\n\r ab\u2028\u0085楼,;'), max_size=12)


@given(
    lines=st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=8),
    delimiter=DELIMITERS,
    ending=BREAKS,
    encoding=st.sampled_from(["utf-8", "gb18030"]),
    is_ended=st.booleans(),
)
def test_what_a_writer_of_csv_writes_comes_back_as_it_was(path, lines, delimiter, ending, encoding, is_ended):
    assume(all("".join(line).count(delimiter) < len(NAMES) - 1 for line in lines))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows([NAMES, *lines])
    text = out.getvalue() if is_ended else out.getvalue().removesuffix(ending)
    rows = read(path, text.encode(encoding), delimiter=delimiter, encoding=encoding)
    assert [[row[name] for name in NAMES] for row in rows] == lines
    assert not any(row["_reject"] for row in rows)


@given(lines=st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=8), ending=BREAKS)
def test_what_holds_rows_is_set_aside_and_the_rest_comes_back(path, lines, ending):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows([NAMES, *lines])
    rows = read(path, out.getvalue().encode())
    whole = Counter(tuple(row[name] for name in NAMES) for row in rows if not row["_reject"])
    assert whole <= Counter(map(tuple, lines))
    lost = Counter(map(tuple, lines)) - whole
    assert all({"\n", "\r"} & set("".join(line)) and "".join(line).count(",") >= len(NAMES) - 1 for line in lost)
    assert bool(lost) == any(row["_reject"] for row in rows)


STRAY = st.text(st.sampled_from('"ab '), max_size=4)


@pytest.mark.usefixtures("blocks")
@given(
    lines=st.lists(st.lists(STRAY, min_size=3, max_size=3), min_size=1, max_size=7),
    ending=BREAKS,
    is_ended=st.booleans(),
)
def test_no_record_ends_within_another(path, lines, ending, is_ended):
    marked = [[f"{cell[:1]}R{n}{cell[1:]}" for cell in line] for n, line in enumerate(lines)]
    text = ending.join(",".join(line) for line in [NAMES, *marked]) + ending * is_ended
    rows = read(path, text.encode())
    assert len(rows) == len(lines)
    for row in rows:
        records = (
            {mark for value in row.values() if value for mark in value.split("R")[1:]} if not row["_raw"] else set()
        )
        assert len({mark[:1] for mark in records if mark[:1].isdigit()}) <= 1


@pytest.mark.usefixtures("blocks")
@given(lines=st.lists(st.tuples(STRAY, TEXTS, TEXTS), max_size=8), ending=BREAKS)
def test_where_text_is_cut_changes_nothing(path, lines, ending):
    content = ending.join(",".join(line) for line in [NAMES, *lines]).encode()
    path.write_bytes(content)
    with open(path, "rb") as file:
        try:
            names, texts = delimited._opened(file, Asset())
        except FieldstoneError:
            return
        pieces = list(delimited._records(texts, [None] * len(names), ","))
    characters = Counter("".join(whole + "".join(apart) for whole, apart in pieces))
    came = Counter("".join(f"{ending}{','.join(line)}" for line in lines))
    assert {c: n for c, n in characters.items() if c not in "\r\n"} == {
        c: n for c, n in came.items() if c not in "\r\n"
    }
