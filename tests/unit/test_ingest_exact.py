"""Values of any type that Parquet has: told exactly, or as text that no column takes for a value."""

import contextlib
import datetime as dt
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.schema.errors import FieldstoneError
from conf.schema.source import Asset
from conf.schema.workspace import load
from pipeline.ingest.files.formats import Origin, parse

CONTRACT = load(Path(__file__).parent.parent / "deliveries/probe").contract("probe__pq")
EPOCH = dt.datetime(1970, 1, 1)
BEYOND = re.compile(r"-\d{4,}|\d{5,}-|0000-|<value out of range")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
INT64 = st.integers(-(2**63), 2**63 - 1) | st.integers(-(2**57), 2**57)


@pytest.fixture
def read(tmp_path):
    """Writes values of a column, and reads its text and the row's reason."""

    def read_back(name: str, values: list, kind: pa.DataType, **options) -> list[tuple[str | None, str | None]]:
        pq.write_table(pa.table({name: pa.array(values, kind)}), tmp_path / "file", **options)
        batches = parse(str(tmp_path / "file"), Origin("drop/file", "sha"), Asset(format="parquet"), CONTRACT)
        return [(row[name], row["_reject"]) for batch in batches for row in batch.to_pylist()]

    return read_back


@given(
    values=st.lists(st.none() | INT64, max_size=6),
    unit=st.sampled_from(["ms", "us", "ns"]),
    zone=st.sampled_from([None, "UTC", "Asia/Shanghai"]),
)
def test_moments_are_what_they_are_or_of_no_year(read, values, unit, zone):
    cells = read("closed_at", values, pa.timestamp(unit, zone))
    assert [reason for _, reason in cells] == [None] * len(values)
    per_second = {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    for value, (text, _) in zip(values, cells, strict=True):
        if value is None:
            assert text is None
        elif not 1 <= value // per_second / 31_556_952 + 1970 < 9999.99 and BEYOND.match(text):
            continue
        else:
            second, _, fraction = text.removesuffix("Z").partition(".")
            assert (dt.datetime.fromisoformat(second) - EPOCH) // dt.timedelta(seconds=1) == value // per_second
            assert int(fraction) == value % per_second
            assert text.endswith("Z") == (zone is not None)


@given(values=st.lists(st.none() | st.integers(-(2**31), 2**31 - 1), max_size=6))
def test_days_are_what_they_are_or_of_no_year(read, values):
    for value, (text, reason) in zip(values, read("day", values, pa.date32()), strict=True):
        assert reason is None
        if value is None or BEYOND.match(text):
            assert value is None or not -719_162 <= value <= 2_932_896
        else:
            assert dt.date.fromisoformat(text) - EPOCH.date() == dt.timedelta(days=value)


@given(values=st.lists(st.none() | st.floats(), max_size=6), column=st.sampled_from(["n", "big", "ratio"]))
def test_floats_tell_their_digits_or_that_they_have_lost_some(read, values, column):
    expected = Counter(_expected_number(value, column) for value in values)
    assert Counter(map(_number, read(column, values, pa.float64()))) == expected


LIMITS = {"n": Decimal(2**53), "big": Decimal(2**53) / 100, "ratio": Decimal("inf")}


def _expected_number(value: float | None, column: str) -> tuple:
    if value is None or (value != value and column == "n"):
        return None, None
    if value != value or abs(value) == float("inf"):
        return "no number", None
    return (None, "LOST_DIGITS") if abs(Decimal(value)) >= LIMITS[column] else (Decimal(repr(value)), None)


def _number(cell: tuple) -> tuple:
    text, reason = cell
    if reason:
        return None, reason
    if text is None:
        return None, None
    return (Decimal(text) if re.fullmatch(r"-?[\d.]+(?:e[+-]?\d+)?", text) else "no number"), None


@given(values=st.lists(st.none() | st.integers(-(10**37), 10**37), max_size=6), scale=st.integers(-5, 38))
def test_decimals_are_spelt_out(read, values, scale):
    numbers = [None if each is None else Decimal(each).scaleb(-scale) for each in values]
    kind = pa.decimal128(38, scale) if scale >= 0 else pa.decimal256(76, 0)
    cells = read("big", numbers, kind)
    assert [text and Decimal(text) for text, _ in cells] == numbers
    assert all(text is None or NUMBER.fullmatch(text) for text, _ in cells)


@given(
    values=st.lists(st.none() | st.binary(max_size=6) | st.text(max_size=4).map(str.encode), max_size=6),
    as_text=st.booleans(),
    is_dictionary=st.booleans(),
)
def test_bytes_are_text_or_set_their_own_row_aside(read, values, as_text, is_dictionary):
    array = pa.array(values, pa.binary())
    array = pa.Array.from_buffers(pa.string(), len(array), array.buffers()) if as_text else array
    cells = read("remark", array, array.type, use_dictionary=is_dictionary)
    for value, (text, reason) in zip(values, cells, strict=True):
        whole = value is None or not {"\ufffd", "\0"} & set(value.decode(errors="replace"))
        assert reason == (None if whole else "BAD_ENCODING")
        assert text == (None if value is None else value.decode(errors="replace"))


def test_a_small_file_whose_values_take_more_than_a_gibibyte_is_refused(read, tmp_path):
    values = pa.DictionaryArray.from_arrays([0] * 1_100, ["x" * 1_000_000])
    with pytest.raises(FieldstoneError, match=r"unpack to more than 1,073,741,824 bytes of values.*larger max_bytes"):
        read("remark", values, values.type)
    assert (tmp_path / "file").stat().st_size < 2_000_000


@pytest.mark.parametrize(
    ("setting", "words"), [({"max_rows": 2}, "3 rows, and may to 2"), ({"max_bytes": 9}, "than 9")]
)
def test_an_asset_may_set_its_own_limits(read, tmp_path, setting, words):
    read("remark", ["aaaa", "bbbb", "cccc"], pa.string())
    asset = Asset(format="parquet", **setting)
    with pytest.raises(FieldstoneError, match=words):
        list(parse(str(tmp_path / "file"), Origin("drop/file", "sha"), asset, CONTRACT))


@given(
    stored=st.binary(max_size=40) | st.just(b"AAAA"),
    version=st.binary(max_size=8) | st.sampled_from([b"2.4", b"3.5.1", b"99999999999999999999.1"]),
    cut=st.integers(0, 400),
)
def test_whatever_a_file_says_of_its_writer_it_is_read_or_refused(tmp_path, stored, version, cut):
    moments = pa.array([EPOCH, None], pa.timestamp("us"))
    metadata = {b"org.apache.spark.version": version, b"ARROW:schema": stored}
    rows = pa.table({"closed_at": moments, "day": pa.array([dt.date(1500, 1, 1)] * 2)}).replace_schema_metadata(
        metadata
    )
    pq.write_table(rows, tmp_path / "file", use_deprecated_int96_timestamps=True, store_schema=False)
    content = bytearray((tmp_path / "file").read_bytes())
    if cut < len(content):
        content[cut] ^= 0xFF
    (tmp_path / "file").write_bytes(content)
    with contextlib.suppress(FieldstoneError):
        list(parse(str(tmp_path / "file"), Origin("drop/file", "sha"), Asset(format="parquet"), CONTRACT))
