"""The subject of a row: by the column that its contract names or, in a damaged row, by the only ID number in it."""

import re
from collections.abc import Callable
from datetime import date
from functools import partial

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from conf.schema import identifiers as ids
from conf.schema import required
from conf.schema.contract import Contract
from conf.schema.identifiers import INVISIBLE, is_credit_code, is_resident_id, normalised
from conf.schema.quarantine_reasons import ReasonCode
from conf.schema.subject import CREDIT_CODE, RESIDENT_ID, Subject
from expectations import identifiers
from lake.column_functions import on_arrow
from lake.notices import row_of
from lake.vault import token, token_of
from pipeline.ingest.opaque import SPACED_ID

# each position is tried, because text before a number may look like its beginning
_WRITTEN = {
    RESIDENT_ID: re.compile(rf"(?<![0-9])(?=({SPACED_ID})(?![0-9]))"),
    CREDIT_CODE: re.compile(rf"(?<![0-9A-Z])({ids.CREDIT_CODE.pattern})(?![0-9A-Z])"),
}


def with_subject(rows: DataFrame, entry: Contract, pseudonym_key: bytes, today: date) -> DataFrame:
    """Add `subject_key`, and INVALID_SUBJECT to rows whose subject column has no valid number.

    In a row that can't be read properly, the only ID number anywhere in the row identifies the subject, so that data of
    a person without consent aren't kept only because a row is damaged. With no number or several, `subject_key` is
    null.

    Args:
        rows: declared columns as text, with `_reject` and `_raw`.
        today: latest allowed date of birth.
    """
    if not entry.subject:
        return rows.withColumn("subject_key", F.lit(None).cast("string"))
    identifier = form(entry.subject)(F.col(entry.subject.column))
    valid = _valid(identifier, entry, today)
    # as the first condition it is always evaluated; only then engines share its subexpressions, a tenth of the time
    reject = F.when(valid, F.col("_reject")).otherwise(F.coalesce("_reject", F.lit(str(ReasonCode.INVALID_SUBJECT))))
    prefix = entry.subject.prefix
    named_by = F.concat(F.lit(prefix), identifier) if prefix else identifier
    own = F.when(valid, token(named_by, pseudonym_key))
    is_unread = F.col("_reject").isNotNull() & F.col("subject_key").isNull()
    text = F.when(is_unread, F.coalesce("_raw", F.to_json(F.struct(*_of_nobody_else(entry)))))
    named = _only_subject(text, partial(numbers, kind=entry.subject.kind, today=today), pseudonym_key)
    return rows.withColumns({"_reject": reject, "subject_key": own}).withColumn(
        "subject_key", F.coalesce("subject_key", named)
    )


def numbers(text: str, kind: str, today: date) -> set[str]:
    """The valid ID numbers, or credit codes, in a text, in any width and grouping; empty for other kinds.

    A number of another kind can be recognised only in its own column.
    """
    if kind not in _WRITTEN:
        return set()
    is_valid = is_credit_code if kind == CREDIT_CODE else partial(is_resident_id, on=today)
    plain = re.sub(f"[{INVISIBLE}]", "", normalised(text))
    written = (re.sub("[^0-9A-Z]", "", match[1]) for match in _WRITTEN[kind].finditer(plain))
    return {number for number in written if is_valid(number)}


def form(subject: Subject) -> Callable[[Column], Column]:
    """Function from a number to its form before pseudonymisation; null if it isn't a number of the workspace's kind."""
    if subject.rules is None:
        return identifiers.normalised
    canonical = subject.rules.canonical

    @on_arrow(StringType())
    def in_form(texts: pa.Array) -> pa.Array:
        return pa.array([None if text is None else canonical(text) for text in texts.to_pylist()], pa.string())

    return in_form


def _of_nobody_else(entry: Contract) -> list[str]:
    """Columns that may have the subject's number by mistake; the others have numbers of other persons."""
    named = entry.columns.items()
    return [n for n, c in named if n == required.subject(entry).column or "resident_id" not in (c.identifier, c.format)]


def _only_subject(texts: Column, named_in: Callable[[str], set[str]], pseudonym_key: bytes) -> Column:
    """The token of the only number in a text; null if there is none or several. Few rows have such a text."""

    @on_arrow(StringType())
    def only_subject(batch: pa.Array) -> pa.Array:
        if batch.null_count == len(batch):
            return pa.nulls(len(batch), pa.string())
        named = [named_in(_values(text)) if text is not None else set() for text in batch.to_pylist()]
        return pa.array([token_of(min(each), pseudonym_key) if len(each) == 1 else None for each in named], pa.string())

    return only_subject(texts)


def _values(text: str) -> str:
    """The values of a row without its columns' names, each on its own; a line is unchanged."""
    row = row_of(text)
    return text if row is None else "\n".join(str(value) for value in row.values() if value is not None)


def _valid(identifier: Column, entry: Contract, today: date) -> Column:
    subject = required.subject(entry)
    if subject.rules:
        return identifier.isNotNull()
    if subject.kind == CREDIT_CODE:
        return identifiers.is_valid_credit_code(identifier)
    return identifiers.is_valid_resident_id(identifier, on=F.lit(today))
