"""A session with a partner's HTTPS interface: TLS in both directions, tokens, the agreed rate, and retries."""

import math
import os
import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self, TypeVar

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from conf.schema.errors import ContractError, PartnerError, SetupError
from conf.schema.source import PartnerApi, from_environment
from pipeline.ingest.api.responses import Number, TransientPartnerError, parse_object, unpacked

T = TypeVar("T")
Reader = Callable[[httpx.Headers, bytes], T]

_GZIP = ("gzip", "x-gzip")
_CHANGED, _TRY_LATER = (410, 412), (408, 425, 429)
_BEARER = re.compile(r"[A-Za-z0-9\-._~+/]{1,8192}={0,2}")
_TOKEN_MARGIN = 0.1  # last share of a token's lifetime, in which it isn't used
_TOKEN_SECONDS, _TOKEN_MOST = 60.0, 3600.0  # assumed lifetime if none is stated, and the longest that is accepted


class ListingChanged(Exception):
    """Records have changed since the listing's first page."""


class PartnerSession:
    """Sends requests to a partner, one after the other.

    Args:
        name: name of the source, for messages.
        connection: declared connection to the partner.
        root: folder for relative paths of certificates.

    Raises:
        FieldstoneError: the address isn't HTTPS, a certificate can't be read, or the credentials are missing.
    """

    def __init__(self, name: str, connection: PartnerApi, root: Path) -> None:
        self.name, self.connection = name, connection
        base_url = from_environment(connection.base_url)
        if not base_url.startswith("https://"):
            raise ContractError(
                f"source {name}: base_url must be an https:// address, or name an environment variable that holds one"
            )
        self._credentials = (_secret(name, connection.client_id_env), _secret(name, connection.client_secret_env))
        self._token, self._token_ends, self._next_request, self._waited = "", 0.0, 0.0, 0.0
        self._backoff = wait_random_exponential(connection.retry.first_seconds, connection.retry.cap_seconds)
        # the environment can't set a proxy or an authority; only the source declares the connection
        self._client = httpx.Client(
            base_url=base_url,
            verify=_tls(name, connection, root),
            timeout=connection.timeout_seconds,
            trust_env=False,
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "fieldstone"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, method: str, path: str, read: Reader[T], *, body: Any = None, headers: dict | None = None) -> T:
        """Repeat a request until `read` accepts the answer, within the limits of `Retry`.

        Args:
            read: converts headers and body to the result; raises `TransientPartnerError` if it can't.

        Raises:
            ListingChanged: the partner answers that the listing has changed.
            PartnerError: the partner refuses, can't be trusted, or kept failing.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(TransientPartnerError),
            wait=self._wait,
            stop=self._give_up,
            sleep=sleep,
            reraise=True,
        )
        try:
            return retrying(self._answer, method, path, read, body, headers or {})
        except TransientPartnerError as error:
            raise PartnerError(
                f"{self.name}: {path} failed {retrying.statistics['attempt_number']} times, at last with {error}, "
                f"after {self._waited:.1f} s of waiting; what was fetched is kept, run this again once it is well",
                transient=True,
            ) from None

    def _answer(self, method: str, path: str, read: Reader[T], body: Any, headers: dict) -> T:
        bearer = {"Authorization": f"Bearer {self._bearer()}"}
        status, answered, content = self._exchange(method, path, json=body, headers=headers | bearer)
        if status == 401:
            self._token = ""
            raise TransientPartnerError("401, a token that is not accepted")
        if status in _CHANGED:
            raise ListingChanged
        if status != 200:
            raise PartnerError(
                f"{self.name}: {method} {path} was answered with {status}, which trying again won't change; "
                "check endpoint and base_url (we follow no redirect), and with the partner what we may ask for"
            )
        return read(answered, content)

    def _bearer(self) -> str:
        if not self._token or monotonic() >= self._token_ends:
            path, form = self.connection.token_path, {"grant_type": "client_credentials"}
            status, _, content = self._exchange("POST", path, data=form, auth=self._credentials)
            if status != 200:
                raise PartnerError(
                    f"{self.name}: {path} was answered with {status}; check the credentials in "
                    f"{self.connection.client_id_env} and {self.connection.client_secret_env}"
                )
            self._token, seconds = _token(content)
            self._token_ends = monotonic() + seconds * (1 - _TOKEN_MARGIN)
        return self._token

    def _exchange(self, method: str, path: str, **request: Any) -> tuple[int, httpx.Headers, bytes]:
        """One request at the agreed rate; the body is read within the limits of size and time."""
        now = monotonic()
        sleep(max(0.0, self._next_request - now))
        began = max(now, self._next_request)
        self._next_request = began + 1 / self.connection.requests_per_second
        try:
            with self._client.stream(method, path, **request) as response:
                if response.status_code in _TRY_LATER or response.status_code >= 500:
                    raise TransientPartnerError(str(response.status_code), _retry_after(response.headers))
                return response.status_code, response.headers, self._body(response, path)
        except httpx.RequestError as error:
            if problem := _distrust(error):
                raise PartnerError(f"{self.name}: the connection can't be trusted: {problem}") from None
            raise TransientPartnerError(f"{type(error).__name__} (connection closed, cut or slow)") from None

    def _body(self, response: httpx.Response, path: str) -> bytes:
        body, deadline = bytearray(), monotonic() + self.connection.timeout_seconds
        packing = response.headers.get("content-encoding", "").strip().lower()
        if packing not in ("", "identity", *_GZIP):
            raise PartnerError(
                f"{self.name}: an answer of {path} is compressed in a way that wasn't requested; only gzip is read, "
                "applied once"
            )
        for chunk in unpacked(response.iter_raw()) if packing in _GZIP else response.iter_raw():
            body += chunk
            if len(body) > self.connection.page_bytes:
                raise PartnerError(
                    f"{self.name}: an answer of {path} is larger than {self.connection.page_bytes:,} bytes; "
                    "lower page_size, or raise page_bytes"
                )
            if monotonic() > deadline:
                raise TransientPartnerError("a body that takes too long")
        return bytes(body)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        retry_after = error.retry_after if isinstance(error, TransientPartnerError) else 0.0
        return max(retry_after, self._backoff(state))

    def _give_up(self, state: RetryCallState) -> bool:
        retry = self.connection.retry
        if state.attempt_number >= retry.attempts or self._waited + state.upcoming_sleep > retry.budget_seconds:
            return True
        self._waited += state.upcoming_sleep
        return False


def _token(content: bytes) -> tuple[str, float]:
    """The token in an answer, and the seconds for which it is used; a very long lifetime is shortened."""
    answer = parse_object(content)
    token = answer.get("access_token")
    if not isinstance(token, str) or isinstance(token, Number) or not _BEARER.fullmatch(token):
        raise TransientPartnerError("a token that is none")
    return token, _seconds(answer.get("expires_in"))


def _seconds(expires_in: Any) -> float:
    """Lifetime of a token in seconds, from a number or its text; null and negative values mean that none is stated."""
    if expires_in is None:
        return _TOKEN_SECONDS
    try:
        seconds = float(expires_in) if isinstance(expires_in, str) else math.nan
    except ValueError:
        seconds = math.nan
    if math.isnan(seconds):
        raise TransientPartnerError("a token whose expires_in is no number of seconds")
    return min(seconds, _TOKEN_MOST) if seconds >= 0 else _TOKEN_SECONDS


def _retry_after(headers: httpx.Headers) -> float:
    """Seconds to wait, from either form of the header (RFC 9110, 10.2.3); 0 if its value isn't valid."""
    text = headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return 0.0
    return 0.0 if math.isnan(seconds) else max(0.0, seconds)


def _distrust(error: BaseException | None) -> str | None:
    """The fault of a certificate because of which a connection failed; None if it failed for another reason."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the server's certificate fails its check ({error.verify_message}); check ca_file and base_url"
        if isinstance(error, ssl.SSLError) and re.search(
            "CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE", error.reason or ""
        ):
            return f"the server refuses our certificate ({error.reason}); check client_cert_file and client_key_file"
        error = error.__cause__ or error.__context__
    return None


def _tls(name: str, connection: PartnerApi, root: Path) -> ssl.SSLContext:
    files = (connection.ca_file, connection.client_cert_file, connection.client_key_file)
    ca, certificate, key = (str(root / from_environment(file)) if file else None for file in files)
    try:
        context = ssl.create_default_context(cafile=ca)
        if certificate:
            context.load_cert_chain(certificate, key)
    except OSError as error:
        problem = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        raise SetupError(
            f"source {name}: ca_file, client_cert_file or client_key_file can't be used ({problem}); "
            "all are PEM files, with paths from the workspace"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _secret(name: str, variable: str) -> str:
    if not os.environ.get(variable):
        raise SetupError(f"source {name}: {variable} isn't set; set it to the value that the partner issued")
    return os.environ[variable]
