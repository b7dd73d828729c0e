"""Sealed rows of others that name a subject who is erased: only the values that name her are removed.

A row linked to her counts even if its text no longer names her, because it lost its digits with another erasure.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection
from functools import partial, reduce

import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType

from conf.schema import table_names
from lake import notices, raw_access, selection
from lake.column_functions import on_arrow
from lake.erasure import Item, Outcome
from pipeline.context import Context

_IDENTITIES, _IDENTITY, _ROW = table_names.IDENTITIES, "identity_ciphertext", "row_ciphertext"


def items(context: Context, subject: str) -> list[Item]:
    """Number of other subjects' rows from which a subject's values are removed, by table."""
    tables = [row["table"] for row in _naming(context, subject) if row["subject_key"] is not None]
    return [Item(table, {}, Outcome.REDACTED, count) for table, count in sorted(Counter(tables).items())]


def redact(context: Context, subjects: Collection[str]) -> dict[str, int]:
    """Seal these rows again without the subjects' values, and delete old versions; returns their number by table."""
    count, changed = 0, set()
    for subject in subjects:
        rows = _naming(context, subject)
        anew = _anew(context, rows, subject)
        for table in {row["table"] for row in rows}:
            raw_access.change(context.lake, table, partial(_replaced, anew=anew, subject=subject))
            changed.add(table)
        count += len(rows)
    for table in sorted(changed):
        raw_access.purge(context.lake, table)
    return {"rows": count}


def remaining(context: Context, subjects: Collection[str]) -> list[str]:
    """Tables with sealed rows that still name one of the subjects, for the proof."""
    return sorted({row["table"] for subject in subjects for row in _naming(context, subject)})


def without(text: str, is_hers: Callable[[str], bool], spared: Collection[str] = ()) -> str:
    """A row as JSON without the values that name a subject; a line that isn't a row loses its digits.

    Args:
        is_hers: whether a text names the subject.
        spared: columns in which numbers of other persons are right.
    """
    row = notices.row_of(text)
    if row is None:
        return re.sub(r"\d", "*", text)
    kept = {name: value for name, value in row.items() if not is_hers(name)}
    redacted = {name: None if name not in spared and is_hers(str(value)) else value for name, value in kept.items()}
    return json.dumps(redacted, ensure_ascii=False)


def names(text: str, is_hers: Callable[[str], bool], spared: Collection[str] = ()) -> bool:
    """Whether a row or line names a subject in a wrong place; see `without`."""
    row = notices.row_of(text)
    if row is None:
        return is_hers(text)
    return any(is_hers(name) or (name not in spared and is_hers(str(value))) for name, value in row.items())


def _is_hers(subject: str, key: bytes) -> Callable[[str], bool]:
    return lambda text: subject in notices.people(text, key)


def _naming(context: Context, subject: str) -> list[Row]:
    """`table`, `source_table`, `subject_key`, `key_id`, `_sealed` and the `row` of those that name a subject."""
    if not (sealed := _sealed(context)):  # comes first, because expressions of columns need a session
        return []
    is_hers, spared = _is_hers(subject, context.vault.secrets.pseudonym), _spared(context)

    @on_arrow(BooleanType())
    def names_her(texts: pa.Array, tables: pa.Array) -> pa.Array:
        rows = zip(texts.to_pylist(), tables.to_pylist(), strict=True)
        return pa.array([names(text, is_hers, spared.get(table, ())) for text, table in rows], pa.bool_())

    others = reduce(DataFrame.union, sealed).where(~F.col("subject_key").eqNullSafe(subject))
    opened = context.vault.unseal_rows(others.withColumn("_old", F.col("_sealed")), "_old", "row")
    is_linked = F.coalesce(F.array_contains("linked_subjects", subject), F.lit(False))
    return opened.where(is_linked | names_her("row", "source_table")).collect()


def _sealed(context: Context) -> list[DataFrame]:
    """All sealed rows of persons, one frame per table; only identities have `source_table`."""
    lake, contracts = context.lake, context.workspace.contracts.values()
    frames = [
        lake.platform(table).select(
            F.lit(table).alias("table"), F.lit(None).cast("string").alias("source_table"), "subject_key", "key_id",
            F.col(_ROW).alias("_sealed"), "linked_subjects",
        )
        for table in (contract.named("quarantine") for contract in contracts if contract.subject)
        if lake.exists(table) and lake.count(table)
    ]  # fmt: skip
    if lake.exists(_IDENTITIES) and lake.count(_IDENTITIES):
        rows = lake.platform(_IDENTITIES)
        identity = ("source_table", "subject_key", F.col("subject_key").alias("key_id"))
        sealed = (F.col(_IDENTITY).alias("_sealed"), F.lit(None).cast("array<string>").alias("linked_subjects"))
        frames.append(rows.select(F.lit(_IDENTITIES).alias("table"), *identity, *sealed))
    return frames


def _spared(context: Context) -> dict[str, set[str]]:
    """Contract → columns of identities that are meant for ID numbers."""
    return {
        contract.table: {name for name, column in contract.columns.items() if column.identifier == "resident_id"}
        for contract in context.workspace.contracts.values()
    }


def _anew(context: Context, naming: list[Row], subject: str) -> dict[bytes, bytes]:
    """Sealed value → its replacement."""
    if not naming:
        return {}
    is_hers, spared = _is_hers(subject, context.vault.secrets.pseudonym), _spared(context)
    redacted = [without(row["row"], is_hers, spared.get(row["source_table"], ())) for row in naming]
    rows = [(row["key_id"], bytes(row["_sealed"]), text) for row, text in zip(naming, redacted, strict=True)]
    frame = context.lake.spark.createDataFrame(rows, "key_id string, _sealed binary, row string")
    sealed = context.vault.seal_rows(frame, "row", "_anew").collect()
    return {bytes(row["_sealed"]): bytes(row["_anew"]) for row in sealed}


def _replaced(batch: pa.RecordBatch, anew: dict[bytes, bytes], subject: str) -> pa.RecordBatch:
    """Rows with replaced sealed values, and without links to the subject."""
    for name in {_ROW, _IDENTITY} & {*batch.schema.names}:
        batch = selection.with_values(batch, name, [anew.get(value, value) for value in batch[name].to_pylist()])
    if "linked_subjects" in batch.schema.names:
        linked = [keys and [key for key in keys if key != subject] for keys in batch["linked_subjects"].to_pylist()]
        batch = selection.with_values(batch, "linked_subjects", linked)
    return batch
