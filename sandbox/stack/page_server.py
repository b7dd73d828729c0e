"""A server for the report pages, on the loopback only: `python -m sandbox.stack.page_server PORT FOLDER`.

A page from elsewhere, open in a browser, may let its own host name resolve to this server (DNS rebinding). So a request
for another host than this one is refused.
"""

import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from pipeline.machine.ports import LOOPBACK

_HOSTS = {LOOPBACK, "localhost"}


class PageHandler(SimpleHTTPRequestHandler):
    """Serves the files of a folder, only to requests for this host."""

    server: ThreadingHTTPServer

    def send_head(self):
        """Answer a request's line and headers; refuse a request for another host."""
        hosts = self.headers.get_all("Host") or []
        names = {host.lower().removesuffix(f":{self.server.server_port}") for host in hosts}
        if len(hosts) != 1 or not names <= _HOSTS:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, f"ask for {LOOPBACK}:{self.server.server_port}")
            return None
        return super().send_head()

    def end_headers(self) -> None:
        """Forbid other pages to show ours in a frame, and browsers to guess a file's type."""
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "SAMEORIGIN")
        super().end_headers()


def server(port: int, folder: str) -> ThreadingHTTPServer:
    """The server, which isn't serving yet; port 0 takes a free one."""
    return ThreadingHTTPServer((LOOPBACK, port), partial(PageHandler, directory=folder))


if __name__ == "__main__":
    server(int(sys.argv[1]), sys.argv[2]).serve_forever()
