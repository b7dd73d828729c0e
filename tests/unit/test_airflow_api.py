"""The sandbox's calls of Airflow: an answer that its database was locked is no answer."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from conf.schema.errors import FieldstoneError
from sandbox.stack.airflow_api import AirflowApi


@contextmanager
def answering(*statuses: int):
    """A server that signs everybody in and answers every other request with the next of some statuses."""
    left, met = list(statuses), []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            signs_in = self.path == "/auth/token"
            self.send_response(201 if signs_in else left.pop(0))
            self.end_headers()
            self.wfile.write(json.dumps({"access_token": "token"}).encode())
            if not signs_in:
                met.append(self.path)

        do_POST = do_PATCH = _answer

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with AirflowApi(f"http://127.0.0.1:{server.server_port}", "operator", "password") as api:
            yield api, met
        server.shutdown()


def test_a_call_that_met_a_locked_database_is_made_again():
    with answering(500, 500, 200) as (api, met):
        api.unpause("train")
        assert met == ["/api/v2/dags/train"] * 3


@pytest.mark.parametrize("status", [403, 404, 409])
def test_a_refusal_is_final(status):
    with answering(status) as (api, met):
        with pytest.raises(FieldstoneError, match=f"Airflow refused PATCH /api/v2/dags/train: {status}"):
            api.unpause("train")
        assert len(met) == 1
