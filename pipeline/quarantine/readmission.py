"""Readmits quarantined rows: rows that failed at admission repeat all of it, other rows only its gate."""

import logging

from pyspark.sql import DataFrame
from pyspark.sql.types import IntegerType, StringType

from conf.schema.contract import Contract
from conf.schema.errors import UsageError
from conf.schema.identifiers import plain_number
from conf.schema.quarantine_reasons import ReasonCode
from lake import schema
from lake.batch import INGEST
from lake.pseudonym import numbers_key
from lake.vault import token_of
from pipeline.context import Context
from pipeline.ingest import opaque, row_admission
from pipeline.ingest import run as ingest
from pipeline.ingest.text_chunks import NUL, REPLACEMENT
from pipeline.quarantine.corrections import Changes, applied, of_row
from pipeline.quarantine.waiting_rows import Waiting, readable

LOG = logging.getLogger(__name__)

NUMBER = "_waiting"  # index among the waiting rows, from 0


def admitted(context: Context, contract: Contract, rows: list[Waiting], corrections: dict, batch_id: str) -> DataFrame:
    """Rows as returned by `row_admission.admit`, with `NUMBER`, their index in `rows`.

    Args:
        corrections: as returned by `corrections.read`.
        batch_id: of their new batch.

    Raises:
        UsageError: a correction doesn't fit its row.
    """
    key, opened = numbers_key(context.vault), readable(context, contract, rows)
    _tell_left_out(contract, opened)
    entering, inside = [], []
    for number, row in ((number, row) for number, row in enumerate(rows) if row.key in opened):
        text, changes = opened[row.key], of_row(corrections, row)
        origin = (f"quarantine/{row.batch_id}#{row.row_hash}", number)
        if row.stage == INGEST:
            entering.append((*_entering(row, text, changes, contract), *origin))
        else:
            tokens = {name: _tokenised(contract, name, value, key) for name, value in changes.items()}
            values = {} if isinstance(text, str) else text
            inside.append((*applied(values, tokens, contract.stored), row.subject_key, *origin))
    who = ingest.permitted(context, contract)
    arriving = _frame(context, entering, [*contract.columns, "_reject", "_raw", "_source_ref"])
    known = _frame(context, inside, [*contract.stored, "subject_key", "_source_ref"])
    again = ingest.admit(context, contract, arriving, batch_id, who, carried=[NUMBER])
    return again.unionByName(row_admission.readmit(known, contract, who, carried=[NUMBER]))


def _tell_left_out(contract: Contract, opened: dict) -> None:
    """Print the columns of the rows that the contract no longer has, even if another column has such a name now."""
    rows = (row for row in opened.values() if isinstance(row, dict))
    if gone := sorted({name for row in rows for name, value in row.items() if "@" in name and value is not None}):
        LOG.info(
            f"quarantine {contract.table}: values of {', '.join(gone)} (a column at a version of the contract) stay "
            "out, because it isn't a column any more; give them as corrections of the column that should have them"
        )


def _entering(row: Waiting, text: dict | str, changes: Changes, contract: Contract) -> list[str | None]:
    """Values of a row that failed at admission, `_reject` and `_raw`.

    An unreadable line has no values until a person corrects it, and an ended consent never begins again.
    """
    values = applied({} if isinstance(text, str) else text, changes, contract.columns)
    is_marked = any(mark in value for value in values if value for mark in (REPLACEMENT, NUL))
    is_broken = (isinstance(text, str) and not changes) or is_marked or ReasonCode.ENDED_CONSENT in row.reasons
    return [*values, row.reasons[0] if is_broken else None, None]


def _tokenised(contract: Contract, name: str, value: str | None, key: bytes) -> str | None:
    """A corrected value in bronze's form; a number that becomes a token is checked as at admission."""
    column = contract.stored.get(name)
    if column is None or not column.pseudonym or not value or (plain := plain_number(value)) is None:
        return value
    if not opaque.is_allowed(plain, column):
        raise UsageError(
            f"the correction of {name} doesn't meet the contract of {contract.table}; nothing was released. "
            "Give one that fits the column's pattern, values and format"
        )
    return token_of(plain, key)


def _frame(context: Context, rows: list[tuple], texts: list[str]) -> DataFrame:
    columns = schema.struct(**dict.fromkeys(texts, StringType()), **{NUMBER: IntegerType()})
    return context.lake.spark.createDataFrame(rows, columns)
