"""Parquet files whose types are other than the contract's: read exactly, set aside by the row, or refused."""

import datetime as dt
import io
from collections import Counter
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conf.schema import errors

CODES = ["A1", "A2", "A3"]
DAY = pa.array([dt.date(2024, 1, 5)] * 3)
ID = "500102199001011239"
NAN, INF = float("nan"), float("inf")


def moment(*fields: int) -> dt.datetime:
    return dt.datetime(*fields, tzinfo=dt.UTC)


def parquet(metadata: dict | None = None, options: dict | None = None, **columns) -> bytes:
    """A file of three rows."""
    content = io.BytesIO()
    rows = pa.table({"code": CODES, "day": DAY} | columns)
    pq.write_table(rows.replace_schema_metadata(metadata), content, **options or {})
    return content.getvalue()


def int96(values: list[tuple[int, int]], creator: bytes | None = None) -> bytes:
    """A file with `closed_at` of 96 bits: days from 1970-01-01 on and nanoseconds of the day, as no zone is stored."""
    marks = pa.array([dt.datetime(2001, 2, n) for n in (1, 2, 3)], pa.timestamp("us"))
    options = {"use_deprecated_int96_timestamps": True, "store_schema": False, "use_dictionary": False}
    content = parquet(options=options | {"compression": "none"}, closed_at=marks)
    for mark, (days, nanoseconds) in zip(marks.to_pylist(), values, strict=True):
        julian = (mark - dt.datetime(1970, 1, 1)).days + 2_440_588
        old = bytes(8) + julian.to_bytes(4, "little")
        assert content.count(old) >= 1
        content = content.replace(old, nanoseconds.to_bytes(8, "little") + (days + 2_440_588).to_bytes(4, "little"))
    return content.replace(b"parquet-cpp-arrow version 25.0.1", creator) if creator else content


@pytest.fixture
def taken(site):
    """Takes in a file; returns silver of one column by code, and what is in quarantine."""

    def take(content: bytes, column: str) -> tuple[dict, Counter]:
        site.deliver("probe/pq/a.parquet", content)
        ingest, refine = site.take_in("probe")
        assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
        return dict(site.silver("probe__pq", "code", column)), site.quarantined("probe__pq")

    return take


def test_moments_without_end_do_not_wrap_round(site):
    site.case("08-int96-wraps-round").take_in("probe")
    assert dict(site.silver("probe__pq", "code", "closed_at")) == {
        "A1": moment(9999, 12, 31),
        "A2": moment(2024, 1, 5, 8),
    }
    assert site.quarantined("probe__pq") == {"BAD_TYPE": 1}  # the year 1


@pytest.mark.further
def test_moments_of_96_bits_beyond_all_years_are_rows_of_their_own(taken):
    # -1 day and 292,300 years on, which wraps round in microseconds, and the largest day that there is
    silver, quarantine = taken(int96([(-1, 10**9), (106_760_000, 0), (2**32 - 1 - 2_440_588, 0)]), "closed_at")
    assert silver == {"A1": moment(1969, 12, 31, 0, 0, 1)}
    assert quarantine == {"BAD_TYPE": 2}


@pytest.mark.further
@pytest.mark.parametrize(
    ("type_", "values", "kept", "bad"),
    [
        (pa.timestamp("us"), [253_402_300_800_000_000, 1, 2**62], {"A2": moment(1970, 1, 1, 0, 0, 0, 1)}, 2),
        (pa.timestamp("us", "UTC"), [-(2**62), 0, 2_005_949_145_600_000_000], {"A2": moment(1970, 1, 1)}, 2),
        (pa.timestamp("ms", "Asia/Shanghai"), [2**61, 0, None], {"A2": moment(1970, 1, 1), "A3": None}, 1),
        (pa.timestamp("ns"), [2**63 - 1, -(2**63), 0], {"A1": moment(2262, 4, 11, 23, 47, 16, 854775)}, 0),
    ],
)
def test_moments_beyond_the_years_that_there_are(taken, type_, values, kept, bad):
    silver, quarantine = taken(parquet(closed_at=pa.array(values, type_)), "closed_at")
    assert kept.items() <= silver.items()
    assert quarantine == ({"BAD_TYPE": bad} if bad else {})


@pytest.mark.further
@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_days_beyond_the_years_that_there_are(taken, kind):
    per_day = 86_400_000 if kind == pa.date64() else 1
    silver, quarantine = taken(
        parquet(day=pa.array([2_932_896 * per_day, 2_932_897 * per_day, -1_000_000 * per_day], kind)), "day"
    )
    assert silver == {"A1": dt.date(9999, 12, 31)}
    assert quarantine == {"BAD_TYPE": 2} or quarantine == {"BAD_TYPE": 2, "MISSING_VALUE": 2}


@pytest.mark.parametrize("metadata", [{"org.apache.spark.legacyDateTime": ""}, {"org.apache.spark.version": "2.4.8"}])
def test_old_days_of_an_old_spark_are_not_taken_for_gregorian_ones(taken, metadata):
    days = pa.array([dt.date(1582, 10, 14), dt.date(1582, 10, 15), dt.date(2024, 1, 5)])
    silver, quarantine = taken(parquet(metadata, day=days), "day")
    assert silver == {"A2": dt.date(1582, 10, 15), "A3": dt.date(2024, 1, 5)}
    assert quarantine["BAD_TYPE"] == 1


@pytest.mark.further
@pytest.mark.parametrize(
    ("metadata", "kept"),
    [({"org.apache.spark.version": "3.5.1"}, 3), ({"org.apache.spark.version": "2.4.8"}, 2), (None, 3)],
)
def test_old_moments_are_judged_by_who_wrote_them(taken, metadata, kept):
    moments = pa.array([moment(1899, 12, 31), moment(1900, 1, 1), None], pa.timestamp("us", "UTC"))
    silver, _ = taken(parquet(metadata, closed_at=moments), "closed_at")
    assert len(silver) == kept


VALUES = {
    "nothing at all": ("n", pa.nulls(3), [None] * 3),
    "whole numbers with gaps": ("n", pa.array([1.0, NAN, 3.0]), [1, None, 3]),
    "a fraction for a whole number": ("n", pa.array([1.0, 1.5, None]), [1, "BAD_TYPE", None]),
    "whole numbers beyond a double's": ("n", pa.array([2.0**53, -(2.0**53), 2.0]), ["LOST_DIGITS", "LOST_DIGITS", 2]),
    "whole numbers beyond a float's": ("n", pa.array([2.0**24, 1, None], pa.float32()), ["LOST_DIGITS", 1, None]),
    "infinity for a whole number": ("n", pa.array([INF, -INF, 1.0]), ["BAD_TYPE", "BAD_TYPE", 1]),
    "unsigned 64 bits": ("n", pa.array([2**64 - 1, 2**31, 7], pa.uint64()), ["BAD_TYPE", "BAD_TYPE", 7]),
    "decimals for whole numbers": (
        "n",
        pa.array([Decimal("7.00"), Decimal("7.50"), None], pa.decimal128(9, 2)),
        [7, "BAD_TYPE", None],
    ),
    "truths as numbers": ("flag", pa.array([1, 0, 2], pa.int8()), [True, False, "BAD_TYPE"]),
    "truths as floats with gaps": ("flag", pa.array([1.0, 0.0, NAN]), [True, False, None]),
    "truths as text": ("flag", pa.array(["true", "N", "maybe"]), [True, False, "BAD_TYPE"]),
    "a float of 32 bits": ("ratio", pa.array([0.1, 1e-7, None], pa.float32()), [0.1, 1e-7, None]),
    "no number": ("ratio", pa.array([NAN, INF, 1e300]), ["BAD_TYPE", "BAD_TYPE", 1e300]),
    "whole numbers for fractions": ("ratio", pa.array([1, 2, None]), [1.0, 2.0, None]),
    "decimals of 38 digits": (
        "big",
        pa.array([Decimal("123456789012345678.25"), Decimal("0.01"), None], pa.decimal128(38, 2)),
        [Decimal("123456789012345678.25"), Decimal("0.01"), None],
    ),
    "decimals of 76 digits": (
        "big",
        pa.array(
            [Decimal("123456789012345678.2500000001"), Decimal("0.0000000001"), Decimal(10) ** 40],
            pa.decimal256(76, 10),
        ),
        [Decimal("123456789012345678.25"), Decimal("0.00"), "BAD_TYPE"],
    ),
    "a scale below nought": (
        "big",
        pa.array([Decimal("12E3"), Decimal("-1E3"), None], pa.decimal128(10, 3)),
        [Decimal("12000.00"), Decimal("-1000.00"), None],
    ),
    "doubles for decimals": (
        "amount_cny",
        pa.array([1e7, 123456789.25, 0.1 + 0.2]),
        [Decimal("10000000.00"), Decimal("123456789.25"), Decimal("0.30")],
    ),
    "doubles with too many digits for decimals": (
        "big",
        pa.array([123456789012345678.25, 90_071_992_547_409.0, -1e17]),
        ["LOST_DIGITS", Decimal("90071992547409.00"), "LOST_DIGITS"],
    ),
    "floats for decimals": (
        "amount_cny",
        pa.array([0.1, 1_000_000.0, 99.99], pa.float32()),
        [Decimal("0.10"), "LOST_DIGITS", Decimal("99.99")],
    ),
    "days as text": (
        "day",
        pa.array(["2024-01-05", "5.1.2024", "2024-2-30"]),
        [dt.date(2024, 1, 5), "BAD_TYPE", "BAD_TYPE"],
    ),
    "days as moments": (
        "day",
        pa.array([dt.datetime(2024, 1, 5), dt.datetime(2024, 1, 5, 8), dt.datetime(2024, 1, 6)]),
        [dt.date(2024, 1, 5), "BAD_TYPE", dt.date(2024, 1, 6)],
    ),
    "days as midnights of a zone": (
        "day",
        pa.array([moment(2024, 1, 4, 16), moment(2024, 1, 5), None], pa.timestamp("ns", "Asia/Shanghai")),
        [dt.date(2024, 1, 5), "BAD_TYPE", "MISSING_VALUE"],
    ),
    "moments as days": ("closed_at", DAY, [moment(2024, 1, 5)] * 3),
    "large text": ("remark", pa.array(["a", "b", None], pa.large_string()), ["a", "b", None]),
    "text views": ("remark", pa.array(["a", "b", None], pa.string_view()), ["a", "b", None]),
    "a dictionary": ("remark", pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
    "a dictionary of numbers": ("n", pa.array([1, 2, 1]).dictionary_encode(), [1, 2, 1]),
    "bytes": ("remark", pa.array(["村".encode(), b"b", b"\xff"]), ["村", "b", "BAD_ENCODING"]),
    "text that is no UTF-8": (
        "remark",
        pa.Array.from_buffers(pa.string(), 3, pa.array([b"a", b"\xd6\xd0", None]).buffers()),
        ["a", "BAD_ENCODING", None],
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_of_other_types(taken, name):
    column, values, expected = VALUES[name]
    silver, quarantine = taken(parquet(**{column: values}), column)
    outcomes = dict(zip(CODES, expected, strict=True))
    codes = [each for each in expected if isinstance(each, str) and each.isupper()]
    assert silver == {code: each for code, each in outcomes.items() if each not in codes}
    assert quarantine == Counter(codes)


REFUSED = {
    "a number for text": ("acct", pa.array([6_228_481_234_567_890_123] * 3), "column acct is int64"),
    "a double for text": ("code", pa.array([1.0, 2.0, 3.0]), "column code is double"),
    "text for an amount": ("amount_cny", pa.array(["1.50"] * 3), "column amount_cny is string"),
    "a duration": ("n", pa.array([1, 2, 3], pa.duration("us")), "column n is duration"),
    "a time of day": ("closed_at", pa.array([dt.time(8)] * 3), "column closed_at is time64"),
    "a list": ("remark", pa.array([["a"]] * 3), "column remark is list"),
    "a structure": ("remark", pa.array([{"a": "b"}] * 3), "column remark is struct"),
    "a map": ("remark", pa.array([[("a", "b")]] * 3, pa.map_(pa.string(), pa.string())), "column remark is map"),
    "a truth for a number": ("n", pa.array([True] * 3), "column n is bool"),
    "a number for a moment": ("closed_at", pa.array([1_704_441_600] * 3), "column closed_at is int64"),
    "half floats": ("ratio", pa.array([1.0, 2.0, 3.0]).cast(pa.float16()), "column ratio is halffloat"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_types_that_lose_what_they_should_hold_are_refused(site, name):
    column, values, words = REFUSED[name]
    site.deliver("probe/pq/a.parquet", parquet(**{column: values}))
    ran = site.run("ingest", "probe")
    assert words in ran.text
    assert "6228481234567890123" not in ran.text
    assert not site.silver("probe__pq")


NAMED = {
    "a field": ("remark", pa.array([{ID: "b"}] * 3), "column remark is struct, but"),
    "a field of a list": ("remark", pa.array([["b"]] * 3, pa.list_(pa.field(ID, pa.string()))), "is list, but"),
    "a field below": ("n", pa.array([[{ID: 1}]] * 3), "column n is list, but"),
    "a time zone": ("n", pa.array([dt.datetime(2024, 1, 5)] * 3, pa.timestamp("us", ID)), "n is timestamp, but"),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_type_that_is_refused_tells_no_name_in_it(site, name):
    column, values, why = NAMED[name]
    site.deliver("probe/pq/a.parquet", parquet(**{column: values}))
    ingest, _ = site.take_in("probe")
    (refusal,) = site._rows("audit__refusals")
    assert (ingest.code, ID in ingest.text + str(refusal)) == (errors.REFUSED, False)
    assert why in refusal["reason"]


@pytest.mark.further
def test_who_wrote_moments_without_a_zone_tells_their_zone(site, monkeypatch):
    monkeypatch.setenv("FIELDSTONE_TIME_ZONE", "Asia/Shanghai")
    noon = 12 * 3_600 * 10**9
    site.deliver("probe/pq/a.parquet", int96([(0, noon), (1, noon), (2, noon)]))
    site.take_in("probe")
    assert site.silver("probe__pq", "closed_at")[0] == moment(1970, 1, 1, 12)  # as Spark and Hive write


EQUAL = {"code": pa.array(["A1"] * 1_100_000), "day": pa.array([dt.date(2024, 1, 5)] * 1_100_000)}


def test_a_small_file_of_a_million_equal_rows_is_refused(site):
    content = io.BytesIO()
    pq.write_table(pa.table(EQUAL), content)
    assert len(content.getvalue()) < 10_000
    site.deliver("probe/pq/a.parquet", content.getvalue())
    ran = site.run("ingest", "probe")
    assert "unpack to 1,100,000 rows, and may to 1,000,000; ask the partner" in ran.text
    assert "give the asset a larger max_rows if so" in ran.text
