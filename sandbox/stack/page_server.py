"""A server for the report pages, on the loopback only: `python -m sandbox.stack.page_server PORT FOLDER`.

A page that a browser has open elsewhere may name its own host and let it lead here (DNS rebinding). So whoever asks for
another host than this one gets nothing.
"""

import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from pipeline.machine.ports import LOOPBACK

_HOSTS = {LOOPBACK, "localhost"}


class PageHandler(SimpleHTTPRequestHandler):
    """Files of a folder, for who asks for this host."""

    server: ThreadingHTTPServer

    def send_head(self):
        """Answer a request's line and headers; nothing of the folder for another host."""
        hosts = self.headers.get_all("Host") or []
        names = {host.lower().removesuffix(f":{self.server.server_port}") for host in hosts}
        if len(hosts) != 1 or not names <= _HOSTS:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, f"ask for {LOOPBACK}:{self.server.server_port}")
            return None
        return super().send_head()

    def end_headers(self) -> None:
        """Let no other page show ours in a frame, nor a browser guess what a file is."""
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "SAMEORIGIN")
        super().end_headers()


def server(port: int, folder: str) -> ThreadingHTTPServer:
    """The server, not yet serving; port 0 takes a free one."""
    return ThreadingHTTPServer((LOOPBACK, port), partial(PageHandler, directory=folder))


if __name__ == "__main__":
    server(int(sys.argv[1]), sys.argv[2]).serve_forever()
