"""Listings: a request to a partner for the records of some subjects, and its answer page by page."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from conf.schema import required
from conf.schema.contract import Contract
from conf.schema.errors import FieldstoneError, PartnerError
from conf.schema.source import Asset
from pipeline.ingest.api.listing_pages import Header, SealedPages, read_page
from pipeline.ingest.api.listing_progress import Progress
from pipeline.ingest.api.session import ListingChanged, PartnerSession


@dataclass(frozen=True)
class AuthorisedSubject:
    """A subject to request, and its authorisation; `id_no` is plain and is sent only to the partner."""

    key: str
    consent_id: str
    id_no: str = field(repr=False)


@dataclass(frozen=True)
class Listing:
    """A request for the records of some subjects, published after `since` and not after `until`."""

    subjects: tuple[AuthorisedSubject, ...]
    since: datetime | None
    until: datetime

    def key(self, contract: Contract) -> str:
        """SHA-256 of the request, without the plain identifiers."""
        rights = [f"{subject.key}:{subject.consent_id}" for subject in self.subjects]
        stated = [contract.table, *contract.columns, str(self.since), str(self.until), *rights]
        return hashlib.sha256("\n".join(stated).encode()).hexdigest()

    def query(self, page_size: int, cursor: str | None) -> dict[str, Any]:
        """Body of the request for a page."""
        return {
            "subjects": [{"id_no": subject.id_no, "authorisation": subject.consent_id} for subject in self.subjects],
            "updated_since": self.since and self.since.isoformat(),
            "updated_until": self.until.isoformat(),
            "page_size": page_size,
            "cursor": cursor,
        }


def fetch(
    partner: PartnerSession, pages: SealedPages, listing: Listing, key: str, contract: Contract, asset: Asset
) -> list[Header]:
    """All pages of a listing: stored ones, and the rest from the partner; if records change, it begins again.

    Raises:
        ContractError, PartnerError: the partner fails, its records change each time, or its pages make no progress.
    """
    attempts = partner.connection.retry.attempts
    for _ in range(attempts):
        try:
            return _follow(partner, pages, listing, key, contract, asset)
        except ListingChanged:
            pages.forget(key)
    raise PartnerError(
        f"{partner.name}: records of {asset.endpoint} changed while they were listed, {attempts} times in a row; "
        "run this again when the partner is quieter, or lower subjects_per_request",
        transient=True,
    )


def _follow(
    partner: PartnerSession, pages: SealedPages, listing: Listing, key: str, contract: Contract, asset: Asset
) -> list[Header]:
    received, progress = pages.headers(key), Progress(partner.connection)
    for header, rows in zip(received, pages.batches(key), strict=True):
        progress.add(rows)
        progress.follow(header.next_cursor)
    while not received or received[-1].next_cursor:
        cursor, number = received[-1].next_cursor if received else None, len(received)
        request_id = f"{key[:16]}-{number}"
        headers = {"X-Request-Id": request_id} | (_unchanged(received[0].etag) if received else {})
        read = partial(read_page, contract=contract, asset=asset, source_ref=f"{asset.endpoint}#{request_id}")
        body = listing.query(partner.connection.page_size, cursor)
        try:
            header, rows = partner.ask("POST", required.setting(asset, "endpoint"), read, body=body, headers=headers)
        except FieldstoneError as error:
            raise error.saying(f"{error} (page {number + 1} of listing {key[:16]})") from None
        if received and _state(header.etag) != _state(received[0].etag):
            raise ListingChanged
        progress.add(rows)
        if problem := progress.follow(header.next_cursor):
            pages.forget(key)
            raise PartnerError(
                f"{partner.name}: {asset.endpoint} was abandoned at page {number + 1} of listing {key[:16]}: {problem}"
            )
        if not received:
            refused = set(header.refused)
            rights = ((subject.key, subject.consent_id) for subject in listing.subjects)
            header = replace(header, asked=tuple(right for right in rights if right[1] not in refused))
        pages.keep(key, number, header, rows)
        received.append(header)
    return received


def _state(etag: str) -> str:
    """The state of the listing in an ETag; a proxy that compresses some pages makes their ETags weak."""
    return etag.removeprefix("W/")


def _unchanged(etag: str) -> dict[str, str]:
    """Header that requests a page only of an unchanged listing; a weak ETag never matches (RFC 9110, 13.1.1)."""
    return {} if etag.startswith("W/") else {"If-Match": etag}
