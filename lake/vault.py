"""Pseudonyms and keys: identifiers leave here only as keyed tokens or under a key of their own.

A subject's key is HMAC-SHA-256 of the normalised identifier. What must be kept in the clear somewhere (names, phones,
rows in quarantine) is sealed under a data key per subject (or per batch, where the subject is unknown), which is itself
wrapped by the master key. Destroying a data key destroys what it sealed.
"""

import hmac
import os
from binascii import unhexlify
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, StringType

from conf.schema import table_names
from lake import schema
from lake.cipher import KEY_BYTES, Key
from lake.column_functions import on_arrow, on_pandas
from lake.masters import Masters, Secrets
from lake.tables import Lake

KEYS, OWN_KEYS = table_names.KEYS, table_names.OWN_KEYS
_BLOCK, _DIGEST = 64, 32  # bytes of a block of SHA-256, and of its result
_WRAPPING = ["master_id", "wrapped_key_ciphertext"]


def token_of(value: str, key: bytes) -> str:
    """HMAC-SHA-256 of a normalised identifier as 64 hex digits."""
    return hmac.digest(key, value.encode(), "sha256").hex()


def token(column: Column, key: bytes) -> Column:
    """HMAC-SHA-256 of a text column as 64 hex digits, null for null, by the engine's own SHA-256 (RFC 2104).

    The padded keys come from functions, for a literal would stand in plans and logs.
    """
    block = key.ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    digest = F.sha2(_prefixed(inner, lambda texts: texts.cast(pa.binary()))(column), 256)
    return F.sha2(_prefixed(outer, _unhexed)(digest), 256)


def _prefixed(prefix: bytes, as_bytes: Callable[[pa.Array], pa.Array]) -> Callable[[Column], Column]:
    @on_arrow(BinaryType())
    def prefixed(texts: pa.Array) -> pa.Array:
        return pc.binary_join_element_wise(pa.scalar(prefix), as_bytes(texts), pa.scalar(b""))

    return prefixed


def _unhexed(digests: pa.Array) -> pa.Array:
    """Bytes of SHA-256 digests in hex, null for null; the engines' `unhex` takes several times as long."""
    digits = digests.fill_null("0" * 2 * _DIGEST).cast(pa.binary()).cast(pa.binary(2 * _DIGEST))
    start, end = (2 * _DIGEST * place for place in (digits.offset, digits.offset + len(digits)))
    data = pa.py_buffer(unhexlify(digits.buffers()[1][start:end]))
    unhexed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(_DIGEST), len(digits), [None, data]).cast(pa.binary())
    return pc.if_else(digests.is_valid(), unhexed, None) if digests.null_count else unhexed


def token_of_few(column: Column, key: bytes) -> Column:
    """As `token`, for a column that is null nearly everywhere: batches without a value cost nothing."""

    @on_arrow(StringType())
    def tokens(texts: pa.Array) -> pa.Array:
        if texts.null_count == len(texts):
            return pa.nulls(len(texts), pa.string())
        return pa.array([None if t is None else token_of(t, key) for t in texts.to_pylist()], pa.string())

    return tokens(column)


@dataclass(frozen=True)
class Vault:
    """The key ring of a lake and what is sealed under it."""

    lake: Lake
    secrets: Secrets

    def add_keys(self, key_ids: DataFrame) -> None:
        """Create a data key for each `key_id` without one; safe to repeat."""
        master = self.secrets.masters.current

        def wrap(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                made = {key_id: os.urandom(KEY_BYTES) for key_id in batch.column(0).to_pylist()}
                wrapped = master.wrap(made)
                by, keys = [master.key_id] * len(made), pa.array([wrapped[key_id] for key_id in made], pa.binary())
                yield pa.record_batch([pa.array(list(made)), pa.array(by), keys], names=schema.VAULT_KEYS.fieldNames())

        wanted = key_ids.select("key_id").where("key_id IS NOT NULL").distinct()
        # two runs may meet the same subject; the second has to see the first one's key
        with self.lake.lock(KEYS, wait_seconds=600):
            self.require_masters()
            new = wanted.join(self.lake.platform(KEYS).select("key_id"), "key_id", "left_anti")
            self.lake.append(KEYS, new.mapInArrow(wrap, schema.VAULT_KEYS))

    def data_key(self, key_id: str) -> Key:
        """The data key of an id, created if missing."""
        return self._key(KEYS, "key_id", key_id)

    def own_key(self, name: str) -> Key:
        """A key of the lake itself, such as the key of file names, created if missing; no erasure destroys it."""
        return self._key(OWN_KEYS, "name", name)

    def require_masters(self) -> None:
        """Check that all keys can be opened, before a job begins.

        Raises:
            FieldstoneError: some are under a master key that isn't given.
        """
        for table in (table for table in (KEYS, OWN_KEYS) if self.lake.exists(table)):
            used = DeltaTable(str(self.lake.path(table))).to_pyarrow_table(columns=["master_id"])
            self.secrets.masters.require(used["master_id"].unique().to_pylist())

    def seal_rows(self, rows: DataFrame, plaintext: str, sealed: str) -> DataFrame:
        """Replace the text column `plaintext` by the binary `sealed`, under the data key that `key_id` names.

        Rows whose `key_id` has no data key are dropped: what was destroyed stays so.
        """
        cipher, masters = self.lake.workspace.settings.cipher, self.secrets.masters

        @on_pandas(BinaryType())
        def sealing(ids: pd.Series, by: pd.Series, wrapped: pd.Series, texts: pd.Series) -> pd.Series:
            keys = _unwrapped(masters, ids, by, wrapped)
            rows = _together(ids, texts)
            return pd.Series([Key(keys[i], cipher).seal(text.encode(), i) for i, text in rows], dtype=object)

        with_keys = self._with_keys(rows)
        return with_keys.withColumn(sealed, sealing("key_id", *_WRAPPING, plaintext)).drop(plaintext, *_WRAPPING)

    def unseal_rows(self, rows: DataFrame, sealed: str, plaintext: str) -> DataFrame:
        """Undo `seal_rows`; rows whose data key was destroyed are dropped."""
        cipher, masters = self.lake.workspace.settings.cipher, self.secrets.masters

        @on_pandas(StringType())
        def opening(ids: pd.Series, by: pd.Series, wrapped: pd.Series, sealed: pd.Series) -> pd.Series:
            keys = _unwrapped(masters, ids, by, wrapped)
            rows = _together(ids, sealed)
            return pd.Series([Key(keys[i], cipher).unseal(bytes(s), i).decode() for i, s in rows], dtype=object)

        with_keys = self._with_keys(rows)
        return with_keys.withColumn(plaintext, opening("key_id", *_WRAPPING, sealed)).drop(sealed, *_WRAPPING)

    def _with_keys(self, rows: DataFrame) -> DataFrame:
        self.require_masters()
        # on the left is what an engine may keep in memory
        return self.lake.platform(KEYS).select("key_id", *_WRAPPING).join(rows, "key_id")

    def _key(self, table: str, column: str, name: str) -> Key:
        known = self.lake.records(table, **{column: name})
        if not known:
            with self.lake.lock(table, wait_seconds=600):
                known = self.lake.records(table, **{column: name}) or [self._made(table, column, name)]
        wrapped = {name: tuple(known[0][part] for part in _WRAPPING)}
        return Key(self.secrets.masters.unwrap(wrapped)[name], self.lake.workspace.settings.cipher)

    def _made(self, table: str, column: str, name: str) -> dict[str, Any]:
        self.require_masters()
        master = self.secrets.masters.current
        wrapped = master.wrap({name: Key.made(self.lake.workspace.settings.cipher).secret})[name]
        record = {column: name, "master_id": master.key_id, "wrapped_key_ciphertext": wrapped}
        self.lake.append_records(table, [record])
        return record


def _unwrapped(masters: Masters, ids: pd.Series, by: pd.Series, wrapped: pd.Series) -> dict[str, bytes]:
    """The data keys of rows by id, each unwrapped once, for a master key may be far away."""
    return masters.unwrap({i: (m, bytes(w)) for i, m, w in _together(ids, by, wrapped)})


def _together(*columns: pd.Series) -> Iterator[tuple[Any, ...]]:
    """The rows of some columns, of whose values pandas says no type."""
    return cast("Iterator[tuple[Any, ...]]", zip(*columns, strict=True))


def sealed_under(column: Column, key: Key, context: str) -> Column:
    """A text column sealed under one data key, null for null."""

    @on_arrow(BinaryType())
    def sealing(texts: pa.Array) -> pa.Array:
        if texts.null_count == len(texts):
            return pa.nulls(len(texts), pa.binary())
        return pa.array([None if t is None else key.seal(t.encode(), context) for t in texts.to_pylist()], pa.binary())

    return sealing(column)


def unsealed_under(column: Column, key: Key, context: str) -> Column:
    """Undo `sealed_under`."""

    @on_pandas(StringType())
    def opening(sealed: pd.Series) -> pd.Series:
        return pd.Series(
            [None if s is None else key.unseal(bytes(s), context).decode() for (s,) in _together(sealed)], dtype=object
        )

    return opening(column)
