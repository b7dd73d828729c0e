"""The sandbox's government platform: farm and housing records over HTTPS, as strict and as unreliable as a real one.

    with running(holdings, folder) as partner:
        partner.url, partner.platform.log

`POST /oauth/token` returns a token for client credentials. `GET /v1/<source>/<asset>` returns the moment up to which
records are complete. `POST /v1/<source>/<asset>` lists records of subjects, each requested with its authorisation:

    {"subjects": [{"id_no": "…", "authorisation": "G…"}], "updated_since": "…" | null, "updated_until": "…",
     "page_size": 500, "cursor": null}

The answer has `records`, `refused` (authorisations that aren't valid) and `next_cursor`. Its ETag names the state of
the listing. The next page is requested with `If-Match`; 412 means that records have changed, so the client has to begin
again.
"""

import argparse
import base64
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from conf.schema import workspace
from conf.schema.settings import CLOCK
from pipeline.machine.ports import LOOPBACK
from sandbox.partners import certificates, platform_records
from sandbox.partners.certificates import Certificates
from sandbox.partners.faults import FaultPlan, Faulty, Limit
from sandbox.partners.platform import Access, Platform, Query
from sandbox.partners.platform_records import Holdings
from sandbox.partners.served import exit_on_signals, publish

SOURCES = ["farm", "housing"]


def create_app(platform: Platform, plan: FaultPlan, limit: Limit) -> FastAPI:
    """The HTTP application of a platform."""
    app = FastAPI(title="Sandbox partner API", openapi_url=None)
    app.add_middleware(Faulty, plan=plan, limit=limit, alter=platform.alter)

    @app.post("/oauth/token")
    async def token(request: Request) -> JSONResponse:
        form = parse_qs((await request.body()).decode())
        issued = platform.token(*_basic(request.headers.get("authorization", "")))
        if form.get("grant_type") != ["client_credentials"]:
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        if not issued:
            return JSONResponse({"error": "invalid_client"}, 401)
        return JSONResponse({"access_token": issued, "token_type": "Bearer", "expires_in": platform.token_seconds})

    @app.get("/v1/{source}/{asset}")
    async def state(source: str, asset: str, request: Request) -> JSONResponse:
        if problem := _problem(platform, f"{source}/{asset}", request):
            return problem
        return JSONResponse({"complete_until": platform.holdings.clock.isoformat()})

    @app.post("/v1/{source}/{asset}")
    async def records(source: str, asset: str, query: Query, request: Request) -> JSONResponse:
        path = f"{source}/{asset}"
        answer, refused = _problem(platform, path, request), []
        if not answer:
            answer, refused = _page(platform, path, query, request.headers.get("if-match"))
        platform.log.append(
            Access(
                request_id=request.headers.get("x-request-id", ""),
                asset=path,
                subjects=tuple(subject.id_no for subject in query.subjects),
                refused=tuple(refused),
                since=query.updated_since,
                page=query.cursor is not None,
                status=answer.status_code,
            )
        )
        return answer

    return app


def _page(platform: Platform, asset: str, query: Query, if_match: str | None) -> tuple[JSONResponse, list[str]]:
    etag, listed, refused = platform.listing(asset, query)
    try:
        start = int(base64.urlsafe_b64decode(query.cursor)) if query.cursor else 0
    except ValueError:
        return JSONResponse({"error": "unknown_cursor"}, 410), refused
    if platform.strict and if_match not in (None, f'"{etag}"'):
        return JSONResponse({"error": "listing_changed"}, 412), refused
    end = start + query.page_size
    cursor = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(listed) else None
    body = {"records": [record.row for record in listed[start:end]], "refused": refused, "next_cursor": cursor}
    return JSONResponse(body, headers={"ETag": f'"{etag}"'}), refused


def _problem(platform: Platform, asset: str, request: Request) -> JSONResponse | None:
    if not platform.admits(request.headers.get("authorization", "")):
        return JSONResponse({"error": "invalid_token"}, 401)
    return None if asset in platform.holdings.records else JSONResponse({"error": "no_such_asset"}, 404)


def _basic(authorization: str) -> tuple[str, str]:
    try:
        name, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
    except ValueError:
        return "", ""
    return name, password


@dataclass(frozen=True)
class PlatformServer:
    """A running server, with the facts that its client needs."""

    url: str
    files: Certificates
    platform: Platform
    limit: Limit

    @property
    def environ(self) -> dict[str, str]:
        """The client's environment variables."""
        return {
            "FIELDSTONE_PARTNER_URL": self.url,
            "FIELDSTONE_PARTNER_CA": str(self.files.ca),
            "FIELDSTONE_PARTNER_CERTIFICATE": str(self.files.client),
            "FIELDSTONE_PARTNER_KEY": str(self.files.client_key),
            "FIELDSTONE_PARTNER_CLIENT_ID": self.platform.client_id,
            "FIELDSTONE_PARTNER_CLIENT_SECRET": self.platform.client_secret,
        }


@contextmanager
def running(
    holdings: Holdings,
    folder: Path,
    *,
    plan: FaultPlan | None = None,
    requests_per_second: float = 1000.0,
    token_seconds: float = 300.0,
    port: int = 0,
) -> Iterator[PlatformServer]:
    """Serve holdings on the loopback until the block ends.

    Args:
        folder: folder for the certificates.
        plan: plan of faults; None has no faults.
        requests_per_second: rate above which requests are answered with 429.
        token_seconds: lifetime of a token.
        port: port of the server; 0 takes a free one.
    """
    files, limit = certificates.issue(folder), Limit(requests_per_second)
    platform = Platform(holdings, token_seconds=token_seconds)
    with socket.create_server((LOOPBACK, port)) as listener:
        config = uvicorn.Config(
            create_app(platform, plan or FaultPlan(), limit),
            log_level="critical",
            access_log=False,
            lifespan="off",
            ssl_certfile=files.server,
            ssl_keyfile=files.server_key,
            ssl_ca_certs=str(files.ca),
            ssl_cert_reqs=ssl.CERT_REQUIRED,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield PlatformServer(f"https://{LOOPBACK}:{listener.getsockname()[1]}", files, platform, limit)
        finally:
            server.should_exit = True
            thread.join()


def main(argv: list[str] | None = None) -> None:
    """Serve the sandbox county until the process ends; `<out>/environment` tells the client what it needs."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.partners.platform_api", description=main.__doc__)
    place = workspace.load(workspace.ROOT)
    county = place.settings.landing.parent
    parser.add_argument("--county", type=Path, default=county, help="folder with clock and landing/")
    parser.add_argument("--out", type=Path, default=county / "partner", help="gets the certificates")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that meet one")
    parser.add_argument("--seed", type=int, default=0, help="which requests meet a fault")
    arguments = parser.parse_args(argv)
    clock = datetime.fromisoformat((arguments.county / CLOCK).read_text(encoding="utf-8"))
    holdings = platform_records.load(place, arguments.county / "landing", SOURCES, clock)
    plan = FaultPlan(arguments.faults, arguments.seed)
    with running(holdings, arguments.out, plan=plan, requests_per_second=200, port=arguments.port) as partner:
        publish(arguments.out / "environment", partner.environ)
        print(f"partner API at {partner.url}", flush=True)
        exit_on_signals()
        signal.pause()


if __name__ == "__main__":
    main()
