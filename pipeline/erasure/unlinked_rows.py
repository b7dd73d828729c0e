"""Rows that nobody could link to a person when they were turned away, yet that name somebody who is to be erased."""

from collections.abc import Collection

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Contract
from conf.schema.errors import Conflict
from conf.schema.table_roles import TableRole
from lake import erasure, file_names, notices, raw_access
from lake.consent import CONSENT_NO, by_role
from lake.erasure import Item, Outcome
from pipeline.context import Context

_OF_ONE_PERSON = 11  # characters: ID, card and phone numbers; names and addresses may be others' too
_CALLED = {TableRole.WITHDRAWAL: "a notice of withdrawal", TableRole.CONSENT: "a consent given"}
_OPENED = ("_row_hash", "row", "linked_subjects")


def items(context: Context, subject: str, identifiers: list[str]) -> list[Item]:
    """Rows of quarantine, and names of files, that name a subject without anybody knowing.

    Her ID is found however it is written, for the vault need not know it; her other numbers as the vault has them,
    with or without blanks; a notice of withdrawal, and a consent without a subject, also by the number of her consent.

    Raises:
        FieldstoneError: such a row names somebody else as well, whose consent or sharing would hold on without it.
    """
    lake, chosen = context.lake, []
    numbers = [value for value in identifiers if value.isascii() and len(value) >= _OF_ONE_PERSON]
    for contract in context.workspace.contracts.values():
        table = contract.named("quarantine")
        if contract.subject and lake.exists(table):
            hashes = _naming(context, table, subject, numbers)
            hashes |= _by_number(context, contract, subject) if contract.role in _CALLED else set()
            if hashes:
                chosen.append(Item(table, {"_row_hash": tuple(sorted(hashes))}, Outcome.ERASED, len(hashes)))
    if tokens := _of_files(context, subject, identifiers):
        chosen.append(Item(file_names.NAMES, {"name_token": tokens}, Outcome.ERASED, len(tokens)))
    return chosen


def due(context: Context, gone: Collection[str]) -> list[Item]:
    """Notices of withdrawal of which nobody knows whose they are, and that can only mean people who are gone.

    Args:
        gone: subjects of whom nothing else is kept any longer.
    """
    lake, withdrawal = context.lake, context.workspace.playing(TableRole.WITHDRAWAL)
    if not gone or withdrawal is None or not lake.exists(table := withdrawal.named("quarantine")):
        return []
    waiting = lake.platform(table).where("subject_key IS NULL").drop("row_ciphertext").collect()
    owners = _owners(context, {number for row in waiting for number in row["linked_consents"] or ()})
    hashes = set()
    for row in waiting:
        named = {owners[number] for number in row["linked_consents"] or () if number in owners}
        people = named | {*(row["linked_subjects"] or ())}
        if people and people <= {*gone}:
            hashes.add(row["_row_hash"])
    return [Item(table, {"_row_hash": tuple(sorted(hashes))}, Outcome.ERASED, len(hashes))] if hashes else []


def _owners(context: Context, numbers: Collection[str]) -> dict[str, str]:
    """Consent number → its subject, of those that we know, in capitals as notices have them."""
    if not numbers:
        return {}
    grants = _grants(context).select(F.upper(CONSENT_NO).alias("no"), "subject_key")
    return {row["no"]: row["subject_key"] for row in grants.where(F.col("no").isin(*numbers)).collect()}


def _of_files(context: Context, subject: str, identifiers: list[str]) -> tuple[str, ...]:
    """Tokens of the files that are called after a subject."""
    called, key = file_names.revealed(context.vault).items(), context.vault.secrets.pseudonym
    is_hers = (
        (token, subject in notices.people(name, key) or any(value in name for value in identifiers))
        for token, name in called
    )
    return tuple(sorted(token for token, hers in is_hers if hers))


def _naming(context: Context, table: str, subject: str, numbers: list[str]) -> set[str]:
    """Hashes of the rows whose text holds the subject's ID or another number of hers, or that are linked to her alone.

    Of a line that named another as well, who was erased before, only the link tells that it's hers. Not the consents
    that may be somebody else's as well and end his sharing: they lose her (`named_elsewhere`).
    """
    unknown = context.lake.platform(table).where("subject_key IS NULL AND COALESCE(SIZE(linked_subjects), 0) < 2")
    opened = context.vault.unseal_rows(unknown, "row_ciphertext", "row").select(*_OPENED).collect()
    key = context.vault.secrets.pseudonym
    return {
        row["_row_hash"]
        for row in opened
        if row["linked_subjects"] == [subject]
        or subject in notices.people(row["row"], key)
        or any(n in notices.plain(row["row"]) for n in numbers)
    }


def _by_number(context: Context, contract: Contract, subject: str) -> set[str]:
    """Hashes of the waiting notices that are linked to the subject or a consent of hers, and to nobody else.

    Of consents given those alone that only a number tells the subject of.
    """
    lake, hashes = context.lake, set()
    is_consent = contract.role is TableRole.CONSENT
    called = _CALLED[TableRole.CONSENT if is_consent else TableRole.WITHDRAWAL]
    own_consents = erasure.consents(lake, {subject})
    waiting = lake.platform(contract.named("quarantine")).drop("row_ciphertext")
    for row in (waiting.where("linked_consents IS NOT NULL") if is_consent else waiting).collect():
        people = {*(row["linked_subjects"] or ()), *filter(None, (row["subject_key"],))}
        consents = {*(row["linked_consents"] or ())}
        if subject not in people and not consents & own_consents:
            continue
        if people - {subject} or _are_known(context, consents - own_consents):
            raise Conflict(
                f"{called} in quarantine names the subject and somebody else, who would lose it as "
                f"well; resolve it first (fieldstone quarantine show|release|drop --table {contract.table})"
            )
        if row["subject_key"] is None:
            hashes.add(row["_row_hash"])
    return hashes


def _are_known(context: Context, consents: set[str]) -> bool:
    """Whether any of the numbers is of a consent; one that isn't known can't hold on."""
    return bool(consents) and not _grants(context).where(F.col(CONSENT_NO).isin(*consents)).isEmpty()


def _grants(context: Context) -> DataFrame:
    grant = context.workspace.of_role(TableRole.CONSENT)
    return by_role(raw_access.rows(context.lake, grant.named("silver")), grant)
