"""The server of the report pages answers who asks for this host, and nobody that another page leads here."""

import http.client
import threading

import pytest

from pipeline.machine.ports import LOOPBACK
from sandbox.stack.page_server import server


@pytest.fixture
def fetch(tmp_path):
    """Asks for a page with some `Host` headers; returns status, headers and body."""
    (tmp_path / "index.html").write_text("<h1>figures")
    (tmp_path.parent / "secret.txt").write_text("not ours to show")
    with server(0, str(tmp_path)) as pages:
        thread = threading.Thread(target=pages.serve_forever)
        thread.start()

        def ask(*hosts: str, path: str = "/index.html", method: str = "GET"):
            connection = http.client.HTTPConnection(LOOPBACK, pages.server_port)
            connection.putrequest(method, path, skip_host=True)
            for host in hosts:
                connection.putheader("Host", host.replace("PORT", str(pages.server_port)))
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

        yield ask
        pages.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "LOCALHOST:PORT", "127.0.0.1"])
def test_this_host_is_answered(fetch, host):
    status, headers, body = fetch(host)
    assert (status, body, headers["X-Content-Type-Options"]) == (200, b"<h1>figures", "nosniff")


@pytest.mark.parametrize(
    "hosts",
    [
        ("evil.example:PORT",), ("evil.example",), ("127.0.0.1.evil.example:PORT",), ("127.0.0.1:1",), ("",), (),
        ("localhost:PORT", "evil.example"), ("localhost:PORT@evil.example",), ("0.0.0.0:PORT",), ("[::1]:PORT",),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_another_host_gets_nothing(fetch, hosts, method):
    status, _, body = fetch(*hosts, method=method)
    assert (status, b"figures" in body) == (421, False)


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "//../secret.txt"])
def test_nothing_beside_the_folder_is_served(fetch, path):
    status, _, body = fetch("localhost:PORT", path=path)
    assert (status, b"not ours" in body) == (404, False)
