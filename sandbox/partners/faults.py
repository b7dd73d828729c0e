"""Deliberate, reproducible faults of a partner: which request gets which fault depends only on a seed."""

import asyncio
import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

Fault = Literal["throttled", "unavailable", "slow", "cut", "garbage", "changed", "moved", "expired"]
KINDS: tuple[Fault, ...] = get_args(Fault)
BURST = 3  # number of requests in a row that get a server error


@dataclass(frozen=True)
class FaultPlan:
    """The plan of which requests get a fault.

    Attributes:
        share: share of all requests that get one, chosen by `seed`.
        kinds: possible faults:
            throttled: 429 with Retry-After.
            unavailable: 503, for a burst of requests.
            slow: half of the body, and the rest after `stall_seconds`.
            cut: half of the body, then the connection is closed.
            garbage: 200 with `garbage` as the body.
            changed: records change while they are listed; the next page is refused (412).
            moved: the same, but the next page is served from the new order under its new ETag.
            expired: every token stops working.
        at: number of a request, from 0 → additional fault of this request.
        garbage: body for `garbage`; by default a page of HTML.
        retry_after: wait that a 429 asks for; whole seconds in real life.
        stall_seconds: pause in a slow body.
    """

    share: float = 0.0
    seed: int = 0
    kinds: tuple[Fault, ...] = KINDS
    at: dict[int, Fault] = field(default_factory=dict)
    garbage: bytes = b"<html><body>Scheduled maintenance</body></html>"
    retry_after: str = "1"
    stall_seconds: float = 5.0

    def fault(self, number: int) -> Fault | None:
        """The fault of request `number`; None if it has none."""
        begun = range(max(0, number - BURST + 1), number)
        if any(self._drawn(earlier) == "unavailable" for earlier in begun):
            return "unavailable"
        return self._drawn(number)

    def _drawn(self, number: int) -> Fault | None:
        if number in self.at:
            return self.at[number]
        rng = random.Random(f"{self.seed}:{number}")
        return rng.choice(self.kinds) if rng.random() < self.share else None


@dataclass
class Limit:
    """A token bucket that holds one second's worth of requests.

    Attributes:
        per_second: requests that are answered per second.
        arrivals: time of each request, in seconds of the monotonic clock.
        impatient: number of requests that came earlier than a 429 had asked for.
    """

    per_second: float
    arrivals: list[float] = field(default_factory=list)
    impatient: int = 0
    _tokens: float = 1.0
    _closed_until: float = 0.0

    def arrive(self, retry_after: str | None = None) -> str | None:
        """Count a request; returns the wait in seconds if it must come again later, None if it may be answered now.

        Args:
            retry_after: refuse the request whatever the rate, and ask for this wait, in seconds.
        """
        now = time.monotonic()
        self.impatient += now < self._closed_until
        before = self.arrivals[-1] if self.arrivals else now
        self.arrivals.append(now)
        self._tokens = min(max(1.0, self.per_second), self._tokens + (now - before) * self.per_second)
        if retry_after is None and self._tokens < 1:
            retry_after = "1"
        if retry_after is None:
            self._tokens -= 1
        else:
            self._closed_until = now + float(retry_after)
        return retry_after


class Faulty:
    """ASGI middleware that applies the limit and the faults to requests below `/v1/`.

    Args:
        app: the application.
        plan: plan of faults.
        limit: limit of requests.
        alter: called with `changed`, `moved` or `expired` before the request is answered.
    """

    def __init__(self, app, plan: FaultPlan, limit: Limit, alter: Callable[[Fault], None]) -> None:
        self.app, self.plan, self.limit, self.alter = app, plan, limit, alter
        self.numbers = itertools.count()

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        fault = self.plan.fault(next(self.numbers))
        if retry_after := self.limit.arrive(self.plan.retry_after if fault == "throttled" else None):
            await _answer(send, 429, b"", retry_after)
        elif fault == "unavailable":
            await _answer(send, 503, b"upstream is down")
        elif fault == "garbage":
            await _answer(send, 200, self.plan.garbage)
        elif fault in ("slow", "cut"):
            await self.app(scope, receive, _Halved(send, self.plan.stall_seconds if fault == "slow" else None))
        else:
            if fault:
                self.alter(fault)
            await self.app(scope, receive, send)


class _Halved:
    """Sends half of a body, then the rest after a pause, or nothing more, so that the server closes the connection."""

    def __init__(self, send, stall_seconds: float | None) -> None:
        self.send, self.stall_seconds = send, stall_seconds

    async def __call__(self, message) -> None:
        body = message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await self.send(message | {"body": body[: len(body) // 2], "more_body": True})
            if self.stall_seconds is None:
                return
            await asyncio.sleep(self.stall_seconds)
            message = message | {"body": body[len(body) // 2 :]}
        await self.send(message)


async def _answer(send, status: int, body: bytes, retry_after: str | None = None) -> None:
    headers = [(b"content-length", str(len(body)).encode()), (b"etag", b'"-"')]
    if retry_after is not None:
        headers.append((b"retry-after", retry_after.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
