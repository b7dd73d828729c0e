"""Whatever a partner API answers: an error that says what was wrong, or a row in quarantine, and nothing else."""

import gzip
import json
import resource
from dataclasses import replace

import httpx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conf.schema.errors import FieldstoneError
from conf.schema.source import Asset
from conf.schema.workspace import load
from lake.cipher import Key
from pipeline.ingest.api.listing_pages import Header, SealedPages, read_page
from pipeline.ingest.api.responses import TransientPartnerError, parse_object, unpacked
from tests.integration.landing import person, transfer
from tests.integration.partner import ENDPOINT, TABLE

CONTRACT = load().contract(TABLE)
ASSET = Asset(endpoint=ENDPOINT)
ETAG = httpx.Headers({"ETag": '"1"'})
DEEP = 100_000


def _page(*records, **other):
    return json.dumps({"records": list(records), "refused": [], "next_cursor": None} | other).encode()


def _read(content, headers=ETAG, asset=ASSET):
    return read_page(headers, content, CONTRACT, asset, "ref")


UGLY = {
    "empty": (b"", "no JSON"),
    "html": (b"<html>502</html>", "no JSON"),
    "cut off": (_page(transfer(person(1)))[:-9], "no JSON"),
    "two objects": (_page() * 2, "no JSON"),
    "deep": (b'{"records": ' + b"[" * DEEP + b"]" * DEEP + b"}", "no JSON"),
    "deep objects": (b'{"records": [' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"]}", "no JSON"),
    "utf-16": (_page().decode().encode("utf-16"), "no JSON"),
    "a list": (b"[]", "no JSON object"),
    "a number": (b"1" * 5000, "no JSON object"),
    "no records": (b"{}", "without a list of records"),
    "records as an object": (_page(records={}), "without a list of records"),
    "a truth for a cursor": (_page(next_cursor=True), "next_cursor is neither null nor a short text"),
    "an endless cursor": (_page(next_cursor="x" * 5000), "next_cursor is neither null nor a short text"),
    "no cursor but false": (_page(next_cursor=False), "next_cursor is neither null nor a short text"),
    "a cursor that is a list": (_page(next_cursor=[]), "next_cursor is neither null nor a short text"),
    "records that are null": (_page(records=None), "without a list of records"),
    "an error": (b'{"code":500,"msg":"system busy","data":null}', "without a list of records"),
    "an error beside records": (_page(error={"code": "E7"}), "that tells of an error"),
    "errors beside records": (_page(errors=["E7"]), "that tells of an error"),
    "no success": (_page(success=False), "that tells of an error"),
    "records twice": (b'{"records":[{}],"records":[],"next_cursor":null}', "that has a name twice"),
    "a cursor twice": (b'{"records":[],"next_cursor":"a","next_cursor":null}', "that has a name twice"),
    "refused as a text": (_page(refused="all"), "refused is no list of texts"),
    "refused with nothing": (_page(refused=[None]), "refused is no list of texts"),
}


@pytest.mark.parametrize(("content", "says"), UGLY.values(), ids=UGLY)
def test_a_body_that_is_no_page_is_named(content, says):
    with pytest.raises(TransientPartnerError, match=f"a (body|page) .*{says}$"):
        _read(content)


@pytest.mark.parametrize("headers", [{}, {"ETag": "1"}, {"ETag": '""'}, {"ETag": '"a b"'}, {"ETag": f'"{"x" * 200}"'}])
def test_a_page_needs_an_etag(headers):
    with pytest.raises(TransientPartnerError, match="without an ETag"):
        _read(_page(), httpx.Headers(headers))


TEXT = st.text() | st.sampled_from(["\ud800", "\udc00x", "\x00", "\ufffd"])
KEYS = st.text() | st.sampled_from([*CONTRACT.columns])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


def _failure(read, content):
    """What a reader says of a body, nothing if it makes sense of it."""
    try:
        read(content)
    except TransientPartnerError as error:
        return str(error)
    return ""


@given(st.binary(max_size=300))
def test_any_bytes_are_a_page_or_a_failure_that_may_pass(content):
    for read in (parse_object, _read):
        failure = _failure(read, content)
        assert not failure or failure.startswith(("a body that is", "a page"))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(JSON, max_size=6), JSON, JSON)
def test_any_records_make_as_many_rows(records, cursor, refused):
    header, rows = _read(_page(*records))
    assert (header.rows, rows.num_rows) == (len(records), len(records))
    columns = [*CONTRACT.columns, "_source_ref", "_reject", "_raw"]
    assert rows.schema == pa.schema([(name, pa.string()) for name in columns])
    rejected = [value is not None for value in rows["_reject"].to_pylist()]
    assert all(rejected[n] for n, record in enumerate(records) if not isinstance(record, dict))
    rows.validate(full=True)
    failure = _failure(_read, _page(*records, next_cursor=cursor, refused=refused))
    assert not failure or "cursor" in failure or "refused" in failure


def test_a_record_that_is_none_and_text_that_is_none_are_rejected_with_their_reason():
    _, rows = _read(_page(transfer(person(1)), 7, None, transfer(person(2), direction="\ud83d"), [True]))
    assert rows["_reject"].to_pylist() == [None, "BAD_RECORD", "BAD_RECORD", "BAD_ENCODING", "BAD_RECORD"]
    assert rows["_raw"].to_pylist() == [None, "7", "null", None, "[true]"]


def test_bytes_that_are_no_utf8_reject_their_record_only():
    content = _page(transfer(person(1)), transfer(person(2), direction="?")).replace(b'"?"', b'"\xff"')
    assert _read(content)[1]["_reject"].to_pylist() == [None, "BAD_ENCODING"]


def test_values_are_kept_as_they_were_written():
    text = b'{"records":[{"area_mu":3.50,"is_registered":true,"contract_no":12345678901234567890,"direction":null}]}'
    row = _read(text)[1].to_pylist()[0]
    assert (row["area_mu"], row["is_registered"], row["direction"]) == ("3.50", "true", None)
    assert row["contract_no"] == "12345678901234567890"


def test_a_partner_can_not_pass_for_the_door():
    row = transfer(person(1)) | {"_reject": "RAGGED_ROW", "_raw": "x", "_source_ref": "x", "consent_id": "G1"}
    header, rows = _read(_page(row))
    assert (rows["_reject"][0].as_py(), rows["_source_ref"][0].as_py()) == (None, 'ref@"1"')
    assert header.ignored == ("_raw", "_reject", "_source_ref", "consent_id")


def test_names_that_may_be_data_are_not_reported():
    header, _ = _read(_page(transfer(person(1)) | {person(2): 1, "张三": 2, "colour": 3, "x" * 100: 4}))
    assert header.ignored == ("?", "colour")


def test_renamed_columns_are_ours():
    row = transfer(person(1))
    row["mu"] = row.pop("area_mu")
    header, rows = _read(_page(row), asset=Asset(endpoint=ENDPOINT, rename={"mu": "area_mu"}))
    assert (rows["area_mu"][0].as_py(), header.ignored) == ("3.50", ())
    assert set(header.present) == set(CONTRACT.columns)


def test_kept_pages_come_back_as_they_were_and_under_their_own_name_only(tmp_path):
    pages, (header, rows) = (
        SealedPages(tmp_path, Key(bytes(32), "aes-256-gcm")),
        _read(_page(transfer(person(1)), transfer(person(2)))),
    )
    header = replace(header, asked=(("key", "G1"), ("other", "G2")))
    for number in (0, 1):
        pages.keep("listing", number, header, rows)
    assert pages.headers("listing") == [header, header]
    assert list(pages.batches("listing")) == [rows, rows]
    assert person(1).encode() not in (tmp_path / "listing/000000.page").read_bytes()
    (tmp_path / "listing/000001.page").rename(tmp_path / "listing/000002.page")
    (tmp_path / "listing/000000.page").rename(tmp_path / "listing/000001.page")
    assert pages.headers("listing") == []
    assert SealedPages(tmp_path, Key(bytes([1] * 32), "aes-256-gcm")).headers("listing") == []


def test_a_full_disk_is_named_and_leaves_no_half_of_a_page(tmp_path):
    pages, page = SealedPages(tmp_path, Key(bytes(32), "aes-256-gcm")), _read(_page(*[transfer(person(1))] * 50))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(
            FieldstoneError, match=r"a page can't be kept below .*: File too large; make room and run this"
        ):
            pages.keep("listing", 0, *page)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert pages.headers("listing") == []
    pages.keep("listing", 0, *page)
    assert pages.headers("listing") == [page[0]]


def test_headers_do_not_show_rows():
    header, _ = _read(_page(transfer(person(1))))
    assert isinstance(header, Header)
    assert person(1) not in repr(header)


@pytest.mark.parametrize(
    "other",
    [
        {"refused": None},
        {"next_cursor": ""},
        {"error": None, "errors": [], "success": True},
        {"error": 0, "code": 0, "msg": "ok"},
        {"total": 1, "page_size": 1000},
    ],
)
def test_harmless_variants_of_a_page_are_its_end(other):
    header, rows = _read(_page(transfer(person(1)), **other))
    assert (header.next_cursor, header.refused, rows.num_rows) == (None, (), 1)
    assert rows["_reject"].to_pylist() == [None]


def test_a_page_may_do_without_what_is_optional():
    assert _read(b'{"records": []}')[0].next_cursor is None


def test_a_record_with_a_name_twice_is_set_aside_with_both_values():
    twice = b'{"contract_no":"A","area_mu":1.50,"area_mu":2.50}'
    _, rows = _read(b'{"records":[' + twice + b',{"contract_no":"B","area_mu":3}]}')
    assert rows["_reject"].to_pylist() == ["BAD_RECORD", None]
    assert rows["_raw"][0].as_py() == '{"contract_no": "A", "area_mu": 1.50, "area_mu": 2.50}'
    assert rows["area_mu"].to_pylist() == [None, "3"]


NUMBERS = [
    "0.1000",
    "-0",
    "1e5",
    "1E+400",
    "123456789012345678901234567890",
    "NaN",
    "-Infinity",
    "1.000000000000000001",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_are_kept_as_they_were_written_in_objects_and_lists_too(number):
    text = f'{{"records":[{{"area_mu":{number}}},{{"area_mu":[{number}, {{"a": {number}, "a": "x"}}]}}]}}'
    _, rows = _read(text.encode())
    assert rows["area_mu"].to_pylist() == [number, f'[{number}, {{"a": {number}, "a": "x"}}]']


def test_texts_with_controls_are_kept_and_those_with_nul_set_aside():
    _, rows = _read(_page(transfer(person(1), direction="a\x1f\u2028"), transfer(person(2), direction="a\x00b")))
    assert (rows["direction"].to_pylist(), rows["_reject"].to_pylist()) == (
        ["a\x1f\u2028", "a\x00b"],
        [None, "BAD_ENCODING"],
    )


CHUNKS = st.integers(1, 4096)


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=3), CHUNKS)
def test_what_was_packed_comes_back_in_small_pieces(members, size):
    packed = b"".join(map(gzip.compress, members))
    chunks = [packed[n : n + size] for n in range(0, len(packed), size)]
    assert b"".join(unpacked(chunks)) == b"".join(members)


def test_a_bomb_unpacks_in_pieces():
    bomb = gzip.compress(bytes(64 << 20))
    assert max(map(len, unpacked([bomb]))) == 1 << 20
    assert sum(map(len, unpacked([bomb]))) == 64 << 20


@given(st.binary(max_size=300), st.integers(0, 300))
def test_damaged_packing_is_named(content, cut):
    packed = gzip.compress(content)
    for damaged in (content, packed[: min(cut, len(packed) - 1)], packed[:-4] + bytes(reversed(packed[-4:])) + b"x"):
        with pytest.raises(TransientPartnerError, match=r"a compressed body that (is damaged|ends midway)"):
            b"".join(unpacked([damaged]))
