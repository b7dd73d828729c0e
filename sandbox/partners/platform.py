"""The state of the sandbox's government platform behind HTTP: tokens, authorisations, listings, an access log."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from pydantic import BaseModel, Field

from sandbox.partners.faults import Fault
from sandbox.partners.platform_records import Holdings, PublishedRow


class ListedSubject(BaseModel):
    """A requested subject, and the authorisation for it."""

    id_no: str = Field(max_length=32)
    authorisation: str = Field(max_length=64)


class Query(BaseModel):
    """A request for records published after `updated_since` and not after `updated_until`."""

    subjects: list[ListedSubject] = Field(min_length=1, max_length=100)
    updated_since: datetime | None = None
    updated_until: datetime
    page_size: int = Field(500, ge=1, le=5000)
    cursor: str | None = None


@dataclass(frozen=True)
class Access:
    """An entry of the access log; it has subjects and authorisations, so that tests can prove who was requested."""

    request_id: str
    asset: str
    subjects: tuple[str, ...]
    refused: tuple[str, ...]
    since: datetime | None
    page: bool
    status: int


@dataclass
class Platform:
    """The state of the server.

    Attributes:
        revision: number that grows when records change; the order of every listing depends on it.
        strict: whether a changed listing is refused; if not, it goes on in its new order.
        tokens: valid token → moment of its expiry (monotonic seconds).
        log: one entry per answered listing request.
    """

    holdings: Holdings
    client_id: str = "fieldstone-bank"
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    token_seconds: float = 300.0
    revision: int = 0
    strict: bool = True
    tokens: dict[str, float] = field(default_factory=dict)
    tokens_issued: int = 0
    log: list[Access] = field(default_factory=list)

    def alter(self, fault: Fault) -> None:
        """Change records or expire tokens, by the fault."""
        if fault == "expired":
            self.tokens.clear()
        else:
            self.revision += 1
            self.strict = fault == "changed"

    def token(self, client_id: str, client_secret: str) -> str | None:
        """A new token for the right client; None for any other."""
        if not secrets.compare_digest((self.client_id + self.client_secret), client_id + client_secret):
            return None
        token = secrets.token_urlsafe(24)
        self.tokens[token] = monotonic() + self.token_seconds
        self.tokens_issued += 1
        return token

    def admits(self, authorization: str) -> bool:
        """Whether an Authorization header has a valid token."""
        return self.tokens.get(authorization.removeprefix("Bearer "), 0.0) > monotonic()

    def listing(self, asset: str, query: Query) -> tuple[str, list[PublishedRow], list[str]]:
        """State of a listing, its records in their present order, and the authorisations that aren't valid."""
        scope, clock = self.holdings.contracts[asset].consent_scope, self.holdings.clock
        listed, refused, until = [], [], min(query.updated_until, clock)
        for subject in query.subjects:
            authorisation = self.holdings.authorisations.get(subject.authorisation)
            if not authorisation or not authorisation.covers(subject.id_no, scope, clock):
                refused.append(subject.authorisation)
                continue
            for record in self.holdings.records[asset].get(subject.id_no, ()):
                if record.updated_at <= until and (not query.updated_since or record.updated_at > query.updated_since):
                    listed.append(record)
        listed.sort(key=lambda record: record.updated_at)
        turn = self.revision % len(listed) if listed else 0
        content = f"{asset}|{query.model_dump_json(exclude={'cursor', 'page_size'})}|{self.revision}|{len(listed)}"
        return hashlib.sha256(content.encode()).hexdigest()[:16], listed[turn:] + listed[:turn], refused
