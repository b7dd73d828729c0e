"""Partner APIs: records of consenting subjects, page by page over HTTPS; each page is stored as soon as it arrives.

A pull reads records published after the last watermark and up to its own. For a subject who wasn't included up to the
last watermark (a new consent, or one given again), it reads all records. Subjects are requested in groups. The pages of
a group are a listing, whose name is made from the request, so that the same request after a crash finds its pages.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import groupby, islice
from pathlib import Path

import httpx
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema import drafts, required, table_names
from conf.schema.clock import zoned
from conf.schema.contract import Contract, LawfulBasis
from conf.schema.errors import ContractError, FieldstoneError
from conf.schema.source import Asset, PartnerApi, Source
from lake import contract_versions, request_log
from lake.batch import Batch, Part
from pipeline.context import Context
from pipeline.ingest import ended_consents
from pipeline.ingest.api import listing_pages as kept
from pipeline.ingest.api.listing_pages import Header, SealedPages
from pipeline.ingest.api.question import AuthorisedSubject, Listing, fetch
from pipeline.ingest.api.responses import TransientPartnerError, parse_object
from pipeline.ingest.api.session import PartnerSession
from pipeline.ingest.pull import Pull, SchemaDrift
from pipeline.ingest.schema_drift import changed_type, compared
from pipeline.ingest.subject import form

LOG = logging.getLogger(__name__)


@dataclass
class Tally:
    """Totals over the listings of a pull.

    Attributes:
        parts: listings that have records.
        listings: keys of all listings.
        in_full: listings that ask for all records.
        refused: authorisations that the partner doesn't accept.
        present, plain, nested, ignored: see `Header`.
    """

    parts: list[Part] = field(default_factory=list)
    listings: list[str] = field(default_factory=list)
    in_full: list[str] = field(default_factory=list)
    refused: int = 0
    present: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    nested: set[str] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)

    def add(self, listing: Listing, key: str, headers: list[Header], size: int) -> None:
        """Add a listing to the totals."""
        self.listings.append(key)
        if not listing.since:
            self.in_full.append(key)
        self.refused += len(headers[0].refused)
        for header in headers:
            self.present.update(header.present)
            self.plain.update(header.plain)
            self.nested.update(header.nested)
            self.ignored.update(header.ignored)
        if any(header.rows for header in headers):
            self.parts.append(Part(f"from {listing.since or 'the beginning'} until {listing.until}", key, size))


def pull(context: Context, source: Source, contract: Contract, finished: list[Batch]) -> Pull | None:
    """The records of all consenting subjects that the partner has published since the last watermark; None if none.

    Raises:
        FieldstoneError: the partner refuses or keeps failing, can't be trusted, or breaches the agreed form.
    """
    if contract.lawful_basis is not LawfulBasis.CONSENT:
        raise ContractError(
            f"{contract.table}: an API is only queried for subjects who consented, but lawful_basis is "
            f"{contract.lawful_basis}; state consent, or use another kind of connection"
        )
    folder = context.workspace.settings.home / "staging" / f"pull-{contract.table}"
    asset, last = source.assets[contract.asset], max(_watermarks(finished), default=None)
    connection = required.connection(source, PartnerApi)
    with PartnerSession(source.name, connection, context.workspace.root) as partner:
        until = _until(context, partner, asset, folder, len(finished), last)
        name = f"pull {contract.table} {len(finished)} {until}"
        pages = SealedPages(folder, context.vault.data_key(hashlib.sha256(name.encode()).hexdigest()[:16]))
        tally = Tally()
        for listing in _listings(context, source, contract, finished, last, until):
            key = listing.key(contract)
            headers = fetch(partner, pages, listing, key, contract, asset)
            tally.add(listing, key, headers, pages.bytes(key))
    if tally.refused:
        warning = f"ingest {contract.table}: {tally.refused:,} authorisations were refused by {source.name}"
        LOG.warning(warning, extra={"table": contract.table, "source": source.name, "refused": tally.refused})
    if not tally.parts:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    drift = _inspect(tally, contract, required.setting(asset, "endpoint"), folder)
    spark = context.lake.spark
    pulled = Pull(
        parts=tuple(tally.parts),
        rows=kept.rows(spark, pages, [part.sha256 for part in tally.parts], contract),
        drift=drift,
        watermark=until.isoformat(),
        overlaps=_overlaps(context, contract, finished, pages, tally.in_full),
    )
    request_log.record(
        context.lake, contract.table, pulled.batch_id(contract), kept.listed_subjects(spark, pages, tally.listings)
    )
    return pulled


def _overlaps(
    context: Context, contract: Contract, finished: list[Batch], pages: SealedPages, in_full: list[str]
) -> tuple[str, ...]:
    """Batches that may have rows of subjects whose records are read in full: from earlier or other connections."""
    if not in_full or not finished:
        return ()
    ours = {batch_id for batch_ids in _watermarks(finished).values() for batch_id in batch_ids}
    everything = kept.listed_subjects(context.lake.spark, pages, in_full)
    before = request_log.batches(context.lake, contract.table, everything)
    return tuple(b.batch_id for b in finished if b.batch_id in before or b.batch_id not in ours)


def _watermarks(finished: list[Batch]) -> dict[datetime, list[str]]:
    """Watermark → batches; batches of other kinds of connection have no such watermark."""
    batches: dict[datetime, list[str]] = {}
    for batch in finished:
        try:
            moment = datetime.fromisoformat(batch.watermark or "")
        except ValueError:
            continue
        if moment.tzinfo:
            batches.setdefault(moment, []).append(batch.batch_id)
    return batches


def _until(
    context: Context, partner: PartnerSession, asset: Asset, folder: Path, finished: int, last: datetime | None
) -> datetime:
    """The moment up to which this pull reads: up to which records are complete, or that of an interrupted pull.

    Records later than our own present moment wait, however far ahead the partner's clock is.
    """
    plan = folder / "window.json"
    begun = json.loads(plan.read_text()) if plan.exists() else {}
    if begun and begun["after_batches"] == finished:
        return datetime.fromisoformat(begun["until"])
    shutil.rmtree(folder, ignore_errors=True)
    complete_until = partial(_complete_until, zone=context.workspace.zone_of(partner.name))
    until = min(partner.ask("GET", required.setting(asset, "endpoint"), complete_until), context.as_of)
    until = max(until, last) if last else until
    folder.mkdir(parents=True)
    drafts.replace(plan, json.dumps({"after_batches": finished, "until": until.isoformat()}).encode())
    return until


def _complete_until(headers: httpx.Headers, content: bytes, zone: str) -> datetime:
    try:
        return zoned(datetime.fromisoformat(str(parse_object(content).get("complete_until"))), zone)
    except (ValueError, OverflowError):
        raise TransientPartnerError("a complete_until that is no ISO 8601 moment") from None


def _listings(
    context: Context, source: Source, contract: Contract, finished: list[Batch], last: datetime | None, until: datetime
) -> Iterator[Listing]:
    followed = request_log.subjects(context.lake, contract.table, _watermarks(finished).get(last, []) if last else [])
    subjects = _subjects(context, contract).join(followed.withColumn("is_followed", F.lit(True)), "subject_key", "left")
    if last == until:
        subjects = subjects.where("is_followed IS NULL")
    rows = subjects.orderBy("is_followed", "subject_key").toLocalIterator()
    for is_followed, group in groupby(rows, key=lambda row: row["is_followed"]):
        people = (AuthorisedSubject(row["subject_key"], row["consent_id"], row["id_no"]) for row in group)
        while chunk := tuple(islice(people, required.connection(source, PartnerApi).subjects_per_request)):
            yield Listing(chunk, last if is_followed else None, until)


def _subjects(context: Context, contract: Contract) -> DataFrame:
    """(`subject_key`, `consent_id`, `id_no`) of all subjects with a valid consent whom the vault knows."""
    registers = {
        c.table: contract_versions.earlier_names(context.lake, c, required.subject(c).column)
        for c in context.workspace.contracts.values()
        if c.registers_subject and c.subject and c.subject.kind == required.subject(contract).kind
    }
    identities = context.lake.platform(table_names.IDENTITIES).where(F.col("source_table").isin(*registers))
    opened = context.vault.unseal_rows(
        identities.select(F.col("subject_key").alias("key_id"), "identity_ciphertext"),
        "identity_ciphertext",
        "identity",
    )
    id_no = F.coalesce(*[F.get_json_object("identity", f"$.{name}") for names in registers.values() for name in names])
    known = opened.groupBy(F.col("key_id").alias("subject_key")).agg(
        F.max(form(required.subject(contract))(id_no)).alias("id_no")
    )
    return context.lake.permitted(contract, contract.purposes, context.as_of).join(known, "subject_key")


def _inspect(tally: Tally, contract: Contract, endpoint: str, folder: Path) -> SchemaDrift:
    """Compare the received columns with the contract; if they can't be used, the pages are deleted."""
    try:
        ended_consents.require_none(endpoint, tally.ignored, contract)
        drift = compared(endpoint, tally.present, contract)
        if changed := sorted(tally.nested - tally.plain):
            raise changed_type(endpoint, changed[0], "an object or a list", contract, changed[0])
    except FieldstoneError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return replace(drift, ignored=tuple(sorted(tally.ignored)))
