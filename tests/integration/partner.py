"""A partner for tests: people, their land transfers, and the sandbox's server that lists them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from conf.schema.contract import Contract
from conf.schema.source import Source
from sandbox.partners.platform_api import PlatformServer
from sandbox.partners.platform_records import Authorisation, Holdings, PublishedRow
from tests.integration.landing import person, transfer

TABLE, ENDPOINT, PATH = "farm__land_transfer", "/v1/farm/land_transfer", "farm/land_transfer"
SCOPES = frozenset({"farm.land_transfer"})
CLOCK = datetime(2025, 6, 1, tzinfo=UTC)
CONSENTING = [person(number) for number in range(1, 11)]
OTHERS = [person(number) for number in range(11, 14)]
RECORDS_EACH = 3


def authorisation(number: int) -> Authorisation:
    """What the partner knows of person `number`'s consent."""
    granted, expires = datetime(2024, 1, 5, 8, tzinfo=UTC), datetime(2028, 1, 5, tzinfo=UTC)
    return Authorisation(f"G{number:010d}", person(number), SCOPES, granted, expires, None)


def record(number: int, serial: int, updated_at: datetime, **changes) -> PublishedRow:
    """A land transfer of person `number`."""
    row = transfer(person(number), number * 100 + serial, published_at=updated_at.isoformat())
    return PublishedRow(updated_at, row | changes)


def holdings(contract: Contract) -> Holdings:
    """Records of everybody, those who gave us no consent too; authorisations of everybody but the last."""
    people = range(1, len(CONSENTING) + len(OTHERS) + 1)
    records = {
        person(number): [
            record(number, serial, datetime(2025, 1, number, serial, tzinfo=UTC)) for serial in range(RECORDS_EACH)
        ]
        for number in people
    }
    authorisations = {f"G{number:010d}": authorisation(number) for number in people[:-1]}
    return Holdings(CLOCK, {PATH: contract}, {PATH: records}, authorisations)


@dataclass(frozen=True)
class Tuning:
    """Small pages and short waits: 2 listings of 15 records, each in 4 pages, without a pause."""

    page_size: int = 4
    subjects_per_request: int = 5
    requests_per_second: float = 10_000
    timeout_seconds: float = 5
    page_bytes: int = 1 << 20
    attempts: int = 6
    budget_seconds: float = 30
    other: dict = field(default_factory=dict)


def source(partner: PlatformServer, tuning: Tuning = Tuning(), **asset) -> Source:
    """A source that is reached through the partner's server."""
    stated = {"kind": "api", "base_url": partner.url} | {
        "ca_file": str(partner.files.ca),
        "client_cert_file": str(partner.files.client),
        "client_key_file": str(partner.files.client_key),
        "client_id_env": "FIELDSTONE_PARTNER_CLIENT_ID",
        "client_secret_env": "FIELDSTONE_PARTNER_CLIENT_SECRET",
        "retry": {
            "attempts": tuning.attempts,
            "first_seconds": 0.001,
            "cap_seconds": 0.01,
            "budget_seconds": tuning.budget_seconds,
        },
    }
    for name in ("page_size", "subjects_per_request", "requests_per_second", "timeout_seconds", "page_bytes"):
        stated[name] = getattr(tuning, name)
    return Source.model_validate(
        {
            "name": "farm",
            "title": {"en": "Platform", "zh": "平台"},
            "connection": stated | tuning.other,
            "assets": {"land_transfer": {"endpoint": ENDPOINT} | asset},
        }
    )
