"""Partners that go on for ever, over real HTTPS: given up with an error that names the page, or read to their end."""

import gzip
import json
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.source import Asset, PartnerApi
from conf.schema.workspace import load
from lake.cipher import Key
from pipeline.ingest.api.listing_pages import SealedPages
from pipeline.ingest.api.question import AuthorisedSubject, Listing, fetch
from pipeline.ingest.api.session import PartnerSession
from sandbox.partners import certificates
from tests.integration.landing import person, transfer
from tests.integration.partner import ENDPOINT, TABLE

CONTRACT, ASSET = load().contract(TABLE), Asset(endpoint=ENDPOINT)
LISTING = Listing((AuthorisedSubject("key", "G1", person(1)),), None, datetime(2025, 6, 1, tzinfo=UTC))
SAME = [transfer(person(1), n) for n in range(5)]
TOKEN = {"access_token": "abc", "token_type": "bearer", "expires_in": 300}
LIMITS = {"max_idle_pages": 4, "max_pages": 30, "max_listing_bytes": 20_000, "page_bytes": 1 << 20}


class Endless(ThreadingHTTPServer):
    """Answers as it is told to.

    Args:
        files: its certificates.
        page: `(number, query, headers)` → a page, or `(status, headers, body)`.
        token: what the token endpoint answers.
    """

    def __init__(self, files, page, token) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page, self.token, self.requests, self.tokens = page, token, [], 0
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(files.server, files.server_key)
        self.socket = tls.wrap_socket(self.socket, server_side=True)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/oauth/token":
            self.server.tokens += 1
            answer = self.server.token
        else:
            self.server.requests.append(dict(self.headers))
            answer = self.server.page(len(self.server.requests), json.loads(body), self.headers)
        status, headers, content = answer if isinstance(answer, tuple) else (200, {}, json.dumps(answer).encode())
        self.send_response(status)
        for name, value in ({"ETag": '"1"', "Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return certificates.issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def listed(files, tmp_path, monkeypatch):
    """Lists from a partner: its headers, rows, and the server."""
    for name in ("FIELDSTONE_PARTNER_CLIENT_ID", "FIELDSTONE_PARTNER_CLIENT_SECRET"):
        monkeypatch.setenv(name, "x")
    pages = SealedPages(tmp_path / "pages", Key(bytes(32), "aes-256-gcm"))

    def run(page, token=TOKEN, **limits):
        with (
            serving(files, page, token) as server,
            PartnerSession("farm", _connection(server, files, limits), tmp_path) as at,
        ):
            run.server = server
            fetch(at, pages, LISTING, "0123456789abcdef01", CONTRACT, ASSET)
        rows = [row["contract_no"] for batch in pages.batches("0123456789abcdef01") for row in batch.to_pylist()]
        return rows, server

    run.folder = tmp_path / "pages" / "0123456789abcdef01"
    return run


@contextmanager
def serving(files, page, token):
    server = Endless(files, page, token)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _connection(server, files, limits) -> PartnerApi:
    stated = {"kind": "api", "base_url": f"https://127.0.0.1:{server.server_port}", "ca_file": str(files.ca)} | {
        "client_id_env": "FIELDSTONE_PARTNER_CLIENT_ID",
        "client_secret_env": "FIELDSTONE_PARTNER_CLIENT_SECRET",
        "requests_per_second": 10_000,
        "retry": {"attempts": 3, "first_seconds": 0.001, "cap_seconds": 0.01, "budget_seconds": 5},
    }
    return PartnerApi.model_validate(stated | LIMITS | limits)


def page(records, cursor, **other) -> dict:
    """A page."""
    return {"records": records, "refused": [], "next_cursor": cursor} | other


def rows(first: int, number: int) -> list[dict]:
    """Records that are like no others."""
    return [transfer(person(1), n) for n in range(first, first + number)]


def tagged(etag: str, content: dict) -> tuple:
    """A page with an ETag of its own."""
    return 200, {"ETag": etag}, json.dumps(content).encode()


IDLE = "4 pages in a row brought no new record"
ENDLESS = {
    "the first page under new cursors": (lambda n, *_: page(SAME, f"c{n}"), "page 5", IDLE),
    "empty pages under new cursors": (lambda n, *_: page([], f"c{n}"), "page 4", IDLE),
    "some pages, then the last for ever": (lambda n, *_: page(rows(min(n, 3) * 10, 4), f"c{n}"), "page 7", IDLE),
    "two pages in turn": (lambda n, *_: page(rows(n % 2 * 10, 4), f"c{n}"), "page 6", IDLE),
    "the records in another order": (lambda n, *_: page(SAME[n % 5 :] + SAME[: n % 5], f"c{n}"), "page 5", IDLE),
    "fewer and fewer of them": (lambda n, *_: page(SAME[: max(1, 6 - n)], f"c{n}"), "page 5", IDLE),
    "what isn't declared changes": (lambda n, *_: page([SAME[0] | {"served_at": n}], f"c{n}"), "page 5", IDLE),
    "a cursor that grows": (lambda n, *_: page([], "c" * n), "page 4", IDLE),
    "a cursor that comes twice": (lambda n, *_: page(rows(n, 1), f"c{n % 3}"), "page 4", "a cursor came twice"),
    "new records for ever": (lambda n, *_: page(rows(n, 1), f"c{n}"), "page 30", "it has more than 30 pages"),
    "pages that grow": (lambda n, *_: page(rows(0, 5 * n), f"c{n}"), r"page \d", "hold more than 20,000 bytes"),
    "one that is none among many": (lambda n, *_: page([SAME[0], 7, None], f"c{n}"), "page 5", IDLE),
}


@pytest.mark.parametrize(("answer", "at", "says"), ENDLESS.values(), ids=ENDLESS)
def test_pages_without_end_are_given_up_and_leave_nothing(listed, answer, at, says):
    with pytest.raises(
        FieldstoneError, match=f"farm: {ENDPOINT} was abandoned at {at} of listing 0123456789abcdef: "
    ) as e:
        listed(answer)
    assert says in str(e.value)
    assert len(listed.server.requests) <= LIMITS["max_pages"]
    assert not listed.folder.exists()


def test_a_cursor_that_is_longer_than_any_should_be_is_no_cursor(listed):
    with pytest.raises(FieldstoneError, match=r"next_cursor is neither null nor a short text.*\(page 2 of listing 01"):
        listed(lambda n, *_: page(rows(n, 1), "c" * (1 if n == 1 else 5000)))


@pytest.mark.further
def test_what_was_kept_of_an_interrupted_listing_counts_too(listed):
    with pytest.raises(FieldstoneError, match="page 4 of listing"):
        listed(lambda n, *_: page(SAME, f"c{n}") if n < 4 else (404, {}, b""))
    assert len(list(listed.folder.iterdir())) == 3
    with pytest.raises(FieldstoneError, match=f"at page 5 of listing 0123456789abcdef: {IDLE}"):
        listed(lambda n, *_: page(SAME, f"d{n}"))
    assert len(listed.server.requests) == 2


ENDING = {
    "a page again": lambda n, *_: page(SAME, "c" if n == 1 else None),
    "a gap of empty pages": lambda n, *_: page([] if n in (2, 3, 4) else rows(n, 1), f"c{n}" if n < 6 else None),
    "the last page alone has records": lambda n, *_: page([] if n < 4 else SAME, f"c{n}" if n < 4 else ""),
    "larger pages than were asked for": lambda n, *_: page(rows(0, 20), None),
    "null for what is optional": lambda n, *_: page(SAME, None, refused=None),
    "weak ETags": lambda n, *_: tagged('W/"1"', page(rows(n, 1), f"c{n}" if n < 3 else None)),
}


@pytest.mark.parametrize("answer", ENDING.values(), ids=ENDING)
def test_listings_that_come_to_an_end_are_read_to_it(listed, answer):
    listing, _ = listed(answer, page_size=2)
    assert listing


@pytest.mark.further
def test_an_etag_that_a_proxy_makes_weak_for_some_pages_is_the_same_and_is_not_asked_to_match(listed):
    def weak_first(n, query, headers):
        content = json.dumps(page(rows(n, 1), f"c{n}" if n < 3 else None)).encode()
        return 412 if headers["If-Match"] else 200, {"ETag": 'W/"1"' if n == 1 else '"1"'}, content

    assert len(listed(weak_first)[0]) == 3


@pytest.mark.further
def test_a_packed_page_is_read(listed):
    content = gzip.compress(json.dumps(page(SAME, None)).encode())
    listing, server = listed(lambda *_: (200, {"Content-Encoding": "gzip"}, content))
    assert (len(listing), server.requests[0]["Accept-Encoding"]) == (5, "gzip")


BOMB = gzip.compress(b'{"records":[],"x":"' + b"a" * (256 << 20) + b'"}')
REFUSED = {
    "a bomb": ({"Content-Encoding": "gzip"}, BOMB, r"is larger than 1,048,576 bytes.*\(page 1 of"),
    "a bomb in a bomb": ({"Content-Encoding": "gzip, gzip"}, gzip.compress(BOMB), "only gzip is read, applied once"),
    "another packing": ({"Content-Encoding": "br"}, b"x", "only gzip is read, applied once"),
    "damaged": ({"Content-Encoding": "gzip"}, b"no gzip", "at last with a compressed body that is damaged"),
    "cut off": ({"Content-Encoding": "gzip"}, BOMB[:1000], "is larger than|ends midway"),
}


@pytest.mark.parametrize(("headers", "content", "says"), REFUSED.values(), ids=REFUSED)
def test_packed_bodies_are_bounded(listed, headers, content, says):
    with pytest.raises(FieldstoneError, match=says):
        listed(lambda *_: (200, headers, content))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_led_elsewhere(listed, status):
    with pytest.raises(FieldstoneError, match=rf"answered with {status}, .*we follow no redirect.*\(page 1 of"):
        listed(lambda *_: (status, {"Location": "https://127.0.0.1:9/elsewhere"}, b""))
    assert len(listed.server.requests) == 1


@pytest.mark.parametrize("body", [{"code": 500, "msg": "busy", "data": None}, page([], None, error="busy")])
def test_an_error_that_says_it_is_well_is_given_up_with_its_page(listed, body):
    with pytest.raises(FieldstoneError, match=r"failed 3 times, at last with a (page|body) .*\(page 1 of listing 01"):
        listed(lambda *_: body)


@pytest.mark.parametrize("seconds", [None, 300, "300", 300.5, "300.5", 10**30, 1e300, float("inf"), -1, "3e2"], ids=str)
def test_a_token_lives_for_a_while_whatever_it_says(listed, seconds):
    listing, server = listed(
        lambda n, *_: page(rows(n, 1), f"c{n}" if n < 4 else None), TOKEN | {"expires_in": seconds}
    )
    assert (len(listing), server.tokens) == (4, 1)


@pytest.mark.further
@pytest.mark.parametrize("seconds", [0, 0.0, "0"])
def test_a_token_that_has_expired_when_it_comes_is_used_once(listed, seconds):
    listing, server = listed(
        lambda n, *_: page(rows(n, 1), f"c{n}" if n < 4 else None), TOKEN | {"expires_in": seconds}
    )
    assert (len(listing), server.tokens) == (4, 4)


@pytest.mark.further
@pytest.mark.parametrize("seconds", ["soon", float("nan"), True, [], {}], ids=str)
def test_a_life_that_is_no_number_is_named(listed, seconds):
    with pytest.raises(FieldstoneError, match="failed 3 times, at last with a token whose expires_in is no number"):
        listed(lambda *_: page(SAME, None), TOKEN | {"expires_in": seconds})


@pytest.mark.further
@pytest.mark.parametrize("token", [None, "", 7, "a b", "a\nb", "x" * 9000])
def test_a_token_that_is_none_is_named(listed, token):
    with pytest.raises(FieldstoneError, match="at last with a token that is none"):
        listed(lambda *_: page(SAME, None), TOKEN | {"access_token": token})
    assert listed.server.requests == []


@pytest.mark.further
def test_a_token_may_come_without_its_life(listed):
    assert listed(lambda *_: page(SAME, None), {"access_token": "abc"})[1].tokens == 1


def test_a_token_that_is_never_accepted_is_given_up(listed):
    with pytest.raises(FieldstoneError, match="failed 3 times, at last with 401"):
        listed(lambda *_: (401, {}, b""))
    assert listed.server.tokens == 3


@pytest.mark.further
@pytest.mark.parametrize("after", ["86400", "1e400", "inf", "Wed, 01 Jan 2099 00:00:00 GMT"])
def test_patience_that_is_asked_for_far_ahead_ends_at_once(listed, after):
    with pytest.raises(FieldstoneError, match=r"failed 1 times, at last with 429, after 0\.0 s"):
        listed(lambda *_: (429, {"Retry-After": after}, b""))


@pytest.mark.further
@pytest.mark.parametrize("after", ["", "-5", "soon", "nan", "Wed, 01 Jan 1999 00:00:00 GMT"])
def test_patience_that_makes_no_sense_is_our_own(listed, after):
    listing, _ = listed(lambda n, *_: (429, {"Retry-After": after}, b"") if n == 1 else page(SAME, None))
    assert len(listing) == 5
