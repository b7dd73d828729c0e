"""The pseudonym key stays the same for the life of a lake; another key is refused before anything is written under it.

Under another key every subject would get a new pseudonym: consents and erasures would reach nobody. A check value of
the key lies in the lake, so that it is copied and restored with it.

Tokens of numbers (accounts, households, parcels and the like) are made with a separate key, derived from this one.
Under one key, a household number that equals a person's ID number would have the person's key as its token, and would
be kept when she is erased. An older lake continues with one key for both, because its tokens must not change.
"""

import hmac
import json
import logging
from datetime import UTC, datetime
from typing import Any

from deltalake import DeltaTable

from conf.schema import table_names
from conf.schema.errors import FieldstoneError, NotFound, SetupError
from conf.schema.naming import parse
from lake import selection
from lake.keyfiles import named
from lake.vault import KEYS, Vault, token_of

LOG = logging.getLogger(__name__)

CHECK = table_names.PSEUDONYM
_NUMBERS = "numbers"
_OF_ROWS = ("bronze", "silver", "quarantine")
_LOOKED_AT = 1000  # identities of an older lake, until one can be opened


def require(vault: Vault) -> None:
    """Make sure that the pseudonym key is the lake's; the first one that is used becomes it.

    A lake of before has no check value: its key is held against somebody whose identity the vault can open.

    Raises:
        SetupError: it is another key; nothing was written.
    """
    value = hmac.digest(vault.secrets.pseudonym, b"pseudonym-key", "sha256").hex()[:16]
    known = _known(vault)
    if not known:
        with vault.lake.lock(CHECK, wait_seconds=600):
            known = _known(vault) or _first(vault, value)
    if known["check_value"] != value:
        raise _another(vault)


def numbers_key(vault: Vault) -> bytes:
    """The key of the tokens of numbers, of a lake whose pseudonym key was looked at (`require`).

    Raises:
        NotFound: it was not looked at yet.
    """
    if (known := _known(vault)) is None:
        raise NotFound("this lake has no check value of its pseudonym key yet; the first ingest makes it")
    under = known["numbers_under"]
    return hmac.digest(vault.secrets.pseudonym, under.encode(), "sha256") if under else vault.secrets.pseudonym


def _known(vault: Vault) -> dict[str, Any] | None:
    return next(iter(vault.lake.records(CHECK)), None) if vault.lake.exists(CHECK) else None


def _first(vault: Vault, value: str) -> dict[str, Any]:
    fits = _fits(vault)
    if fits is False:
        raise _another(vault)
    known = {"check_value": value, "since": datetime.now(UTC), "numbers_under": None if _holds(vault) else _NUMBERS}
    vault.lake.append_records(CHECK, [known])
    if fits or vault.lake.exists(KEYS):
        how = "which made the pseudonyms of its people" if fits else "though nobody is left to hold it against"
        LOG.info(f"vault: the lake had no check value of its pseudonym key; it is that of the key in use now, {how}")
    return known


def _holds(vault: Vault) -> bool:
    """Whether the lake has rows that may hold tokens."""
    lake = vault.lake
    return any(parse(table).layer in _OF_ROWS and lake.count(table) for table in lake.tables())


def _fits(vault: Vault) -> bool | None:
    """Whether the key yields the stored pseudonym of a subject in the vault; None if no identity can be opened."""
    identities = table_names.IDENTITIES
    if not vault.lake.exists(identities):
        return None
    stored = DeltaTable(str(vault.lake.path(identities)))
    rows = stored.to_pyarrow_dataset(schema=selection.schema(stored)).head(_LOOKED_AT)
    for row in rows.to_pylist():
        contract = vault.lake.workspace.contracts.get(row["source_table"])
        if contract and contract.subject and vault.lake.records(KEYS, key_id=row["subject_key"]):
            sealed, context = row["identity_ciphertext"], row["subject_key"]
            identity = json.loads(vault.data_key(context).unseal(sealed, context))
            if named_by := contract.subject.named(identity[contract.subject.column]):
                return token_of(named_by, vault.secrets.pseudonym) == row["subject_key"]
    return None


def _another(vault: Vault) -> FieldstoneError:
    return SetupError(
        f"the pseudonym key that {named(vault.lake.workspace.settings, 'pseudonym')} gives isn't the one that this "
        "lake's pseudonyms were made with, so everybody would be taken for somebody else; give that one "
        "(FIELDSTONE_PSEUDONYM_KEY, or pseudonym.key in the folder of keys). Nothing was written"
    )
