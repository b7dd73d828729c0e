"""Rows that couldn't be linked to a person when they were rejected, but that name a subject who is erased."""

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

_OF_ONE_PERSON = 11  # least characters of ID, card and phone numbers; names and addresses may also be those of others
_CALLED = {TableRole.WITHDRAWAL: "a notice of withdrawal", TableRole.CONSENT: "a consent given"}
_OPENED = ("_row_hash", "row", "linked_subjects")


def items(context: Context, subject: str, identifiers: list[str]) -> list[Item]:
    """Rows of quarantine, and names of files, that name a subject without being linked to her.

    Her ID is found in any form, even if the vault doesn't have it; her other numbers as in the vault, with or without
    blanks; a notice of withdrawal, and a consent without a subject, also by the number of her consent.

    Raises:
        FieldstoneError: such a row also names another subject, whose consent or sharing would stay valid without it.
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
    """Notices of withdrawal of unknown subjects that can only concern subjects who are erased.

    Args:
        gone: subjects of whom no other data are stored.
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
    """Consent number → its subject, for known consents; numbers are in upper case as in notices."""
    if not numbers:
        return {}
    grants = _grants(context).select(F.upper(CONSENT_NO).alias("no"), "subject_key")
    return {row["no"]: row["subject_key"] for row in grants.where(F.col("no").isin(*numbers)).collect()}


def _of_files(context: Context, subject: str, identifiers: list[str]) -> tuple[str, ...]:
    """Tokens of the files whose names contain a subject's identifiers."""
    called, key = file_names.revealed(context.vault).items(), context.vault.secrets.pseudonym
    is_hers = (
        (token, subject in notices.people(name, key) or any(value in name for value in identifiers))
        for token, name in called
    )
    return tuple(sorted(token for token, hers in is_hers if hers))


def _naming(context: Context, table: str, subject: str, numbers: list[str]) -> set[str]:
    """Hashes of the rows whose text has the subject's ID or another number of hers, or that are linked only to her.

    If a line also named another subject who was erased before, only the link shows that it is hers. Consents that may
    also be another's and end his sharing aren't included; only her values are removed there (`named_elsewhere`).
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

    Of granted consents, only those whose subject is known by number alone.
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
                f"{called} in quarantine names the subject and another person, who would lose it as well; resolve it "
                f"first (fieldstone quarantine show|release|drop --table {contract.table})"
            )
        if row["subject_key"] is None:
            hashes.add(row["_row_hash"])
    return hashes


def _are_known(context: Context, consents: set[str]) -> bool:
    """Whether any of the numbers belongs to a known consent; an unknown consent can't stay valid."""
    return bool(consents) and not _grants(context).where(F.col(CONSENT_NO).isin(*consents)).isEmpty()


def _grants(context: Context) -> DataFrame:
    grant = context.workspace.of_role(TableRole.CONSENT)
    return by_role(raw_access.rows(context.lake, grant.named("silver")), grant)
