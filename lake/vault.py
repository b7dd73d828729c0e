"""Pseudonyms and keys: identifiers leave here only as keyed tokens or under a key of their own.

A subject's key is HMAC-SHA-256 of the normalised identifier. What must be kept in the clear somewhere (names, phones,
rows in quarantine) is sealed with AES-256-GCM under a data key per subject (or per batch, where the subject is
unknown), which is itself wrapped by the master key. Destroying a data key destroys what it sealed.
"""

import hmac
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf.errors import FieldstoneError
from conf.settings import Settings
from lake import schema
from lake.tables import Lake

_NONCE = 12
_BLOCK = 64  # bytes of a block of SHA-256
_WRAPPED = "wrapped_key_ciphertext"


@dataclass(frozen=True)
class Secrets:
    """The two keys of a lake, 32 bytes each; they come from the environment or from files of the sandbox."""

    master: bytes
    pseudonym: bytes

    @property
    def master_id(self) -> str:
        """Which master key wrapped a data key, without telling it."""
        return hmac.digest(self.master, b"master-id", "sha256").hex()[:16]


def load_secrets(settings: Settings) -> Secrets:
    """Read `FIELDSTONE_MASTER_KEY` and `FIELDSTONE_PSEUDONYM_KEY` (64 hex digits), else the state folder's own.

    A state folder without a lake gets keys of its own at the first run: that is the sandbox.

    Raises:
        FieldstoneError: a key is malformed, or missing although there is a lake that needs it.
    """
    return Secrets(*(_secret(settings, name) for name in ("master", "pseudonym")))


def _secret(settings: Settings, name: str) -> bytes:
    variable = f"FIELDSTONE_{name.upper()}_KEY"
    path = settings.home / "secrets" / f"{name}.key"
    if variable in os.environ:
        text = os.environ[variable]
    elif path.exists():
        text = path.read_text()
    elif any((settings.home / "lake").glob("vault__keys")):
        raise FieldstoneError(f"the lake's {name} key is missing; set {variable} or put back secrets/{path.name}")
    else:
        text = _make_secret(path)
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise FieldstoneError(f"the {name} key ({variable} or secrets/{path.name}) must be 64 hex digits")
    return key


def _make_secret(path: Path) -> str:
    """Create the file whole or not at all; of two runs at once, both use the first one's key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_hex(32))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()


def token_of(value: str, key: bytes) -> str:
    """HMAC-SHA-256 of a normalised identifier as 64 hex digits."""
    return hmac.digest(key, value.encode(), "sha256").hex()


def token(column: Column, key: bytes) -> Column:
    """HMAC-SHA-256 of a text column as 64 hex digits, null for null, by the engine's own SHA-256 (RFC 2104).

    The padded keys come from functions, for a literal would stand in plans and logs.
    """
    block = key.ljust(_BLOCK, b"\0")
    inner, outer = (_constant(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    digest = F.sha2(F.concat(inner(column), F.encode(column, "UTF-8")), 256)
    return F.sha2(F.concat(outer(column), F.unhex(digest)), 256)


def _constant(value: bytes) -> Callable[[Column], Column]:
    @F.arrow_udf("binary")
    def constant(rows: pa.Array) -> pa.Array:
        return pa.repeat(pa.scalar(value, pa.binary()), len(rows))

    return constant


def seal(plaintext: bytes, key: bytes, context: str) -> bytes:
    """AES-256-GCM: nonce and ciphertext, bound to a context such as the key's id."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, context.encode())


def unseal(sealed: bytes, key: bytes, context: str) -> bytes:
    """Undo `seal`.

    Raises:
        cryptography.exceptions.InvalidTag: another key, another context, or changed bytes.
    """
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())


@dataclass(frozen=True)
class Vault:
    """The key ring of a lake and what is sealed under it."""

    lake: Lake
    secrets: Secrets

    def add_keys(self, key_ids: DataFrame) -> None:
        """Give each `key_id` that has none a data key of its own; safe to repeat."""
        master, master_id = self.secrets.master, self.secrets.master_id

        def wrap(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                ids = batch.column(0).to_pylist()
                wrapped = [seal(os.urandom(32), master, key_id) for key_id in ids]
                yield pa.record_batch(
                    [pa.array(ids), pa.array([master_id] * len(ids)), pa.array(wrapped, pa.binary())],
                    names=schema.VAULT_KEYS.fieldNames(),
                )

        known = self.lake.platform("vault__keys").select("key_id")
        wanted = key_ids.select("key_id").where("key_id IS NOT NULL").distinct()
        new = wanted.join(known, "key_id", "left_anti")
        with self.lake.lock("vault__keys", wait_seconds=600):
            self.lake.append("vault__keys", new.mapInArrow(wrap, schema.VAULT_KEYS))

    def data_key(self, key_id: str) -> bytes:
        """The data key of that id, made if there is none yet."""
        known = self.lake.records("vault__keys", key_id=key_id)
        if known:
            return unseal(known[0]["wrapped_key_ciphertext"], self.secrets.master, key_id)
        key = os.urandom(32)
        wrapped = seal(key, self.secrets.master, key_id)
        record = {"key_id": key_id, "master_id": self.secrets.master_id, "wrapped_key_ciphertext": wrapped}
        with self.lake.lock("vault__keys", wait_seconds=600):
            self.lake.append_records("vault__keys", [record])
        return key

    def seal_rows(self, rows: DataFrame, plaintext: str, sealed: str) -> DataFrame:
        """Replace the text column `plaintext` by the binary `sealed`, under the data key that `key_id` names.

        Rows whose `key_id` has no data key are dropped: what was destroyed stays so.
        """
        master = self.secrets.master

        @F.pandas_udf("binary")
        def sealing(ids: pd.Series, wrapped: pd.Series, texts: pd.Series) -> pd.Series:
            rows = zip(ids, wrapped, texts, strict=True)
            return pd.Series([seal(t.encode(), unseal(bytes(w), master, i), i) for i, w, t in rows], dtype=object)

        return (
            self._with_keys(rows).withColumn(sealed, sealing("key_id", _WRAPPED, plaintext)).drop(plaintext, _WRAPPED)
        )

    def unseal_rows(self, rows: DataFrame, sealed: str, plaintext: str) -> DataFrame:
        """Undo `seal_rows`; rows whose data key was destroyed are dropped."""
        master = self.secrets.master

        @F.pandas_udf("string")
        def opening(ids: pd.Series, wrapped: pd.Series, sealed: pd.Series) -> pd.Series:
            rows = zip(ids, wrapped, sealed, strict=True)
            return pd.Series(
                [unseal(bytes(s), unseal(bytes(w), master, i), i).decode() for i, w, s in rows], dtype=object
            )

        return self._with_keys(rows).withColumn(plaintext, opening("key_id", _WRAPPED, sealed)).drop(sealed, _WRAPPED)

    def _with_keys(self, rows: DataFrame) -> DataFrame:
        return rows.join(self.lake.platform("vault__keys").select("key_id", _WRAPPED), "key_id")


def sealed_under(column: Column, key: bytes, context: str) -> Column:
    """A text column sealed under one data key, null for null."""

    @F.arrow_udf("binary")
    def sealing(texts: pa.Array) -> pa.Array:
        if texts.null_count == len(texts):
            return pa.nulls(len(texts), pa.binary())
        return pa.array([None if t is None else seal(t.encode(), key, context) for t in texts.to_pylist()], pa.binary())

    return sealing(column)


def unsealed_under(column: Column, key: bytes, context: str) -> Column:
    """Undo `sealed_under`."""

    @F.pandas_udf("string")
    def opening(sealed: pd.Series) -> pd.Series:
        return pd.Series([None if s is None else unseal(bytes(s), key, context).decode() for s in sealed], dtype=object)

    return opening(column)
