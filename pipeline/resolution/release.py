"""Rows of quarantine are replayed, corrected or under a waived check, through admission, gate and judgement.

What passes becomes a batch of its own in bronze and silver; its ledger entry is the commit, and names the rows. What
still fails stays where it is. So a row ends in silver once, whatever dies in between and however often it is repeated.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from conf.schema.contract import Contract
from conf.schema.errors import UsageError
from conf.schema.identifiers import plain_number
from conf.schema.reasons import ReasonCode
from expectations.checks import REASONS, CheckKind, checks
from expectations.key_checks import IS_COPY
from lake import contract_versions, ledger, quarantine_outcomes, schema
from lake.batch import INGEST, REFINE, RELEASE
from lake.ledger import Writer
from lake.pseudonym import numbers_key
from lake.vault import token_of
from pipeline import contracts, refine, sealing
from pipeline.context import Context
from pipeline.ingest import opaque, row_admission
from pipeline.ingest import run as ingest
from pipeline.ingest.chunk import NUL, REPLACEMENT
from pipeline.quarantine.corrections import Changes, applied, of_row, read
from pipeline.quarantine.waiting_rows import Selection, Waiting, readable, waiting
from pipeline.results.data_engineers import RowsReleased

LOG = logging.getLogger(__name__)

# a value can be accepted as an exception; one that isn't there, can't be read or isn't a subject's can't
_WAIVABLE = {CheckKind.RULE, CheckKind.RANGE, CheckKind.VALUES, CheckKind.PATTERN, CheckKind.FORMAT}
# what gives a consent its force: nobody but the subject can give it
_OF_CONSENT = {
    ReasonCode.UNKNOWN_CONSENT_TEXT,
    ReasonCode.OTHER_CONSENT_TEXT,
    ReasonCode.CONSENT_TEXT_NOT_IN_FORCE,
    ReasonCode.BEYOND_CONSENT_TEXT,
    ReasonCode.CONSENT_WITHOUT_END,
}
_FIELDS = {
    CheckKind.RANGE: ("min", "max"),
    CheckKind.VALUES: ("values",),
    CheckKind.PATTERN: ("pattern",),
    CheckKind.FORMAT: ("format",),
}


def release(
    context: Context,
    table: str,
    chosen: Selection,
    who: str,
    why: str,
    waive: list[str],
    corrections: str | None,
) -> RowsReleased:
    """Replay the chosen rows of a contract.

    Args:
        waive: names of checks that they may fail.
        corrections: as `corrections.read` takes them.

    Raises:
        FieldstoneError: a check that can't be waived, or corrections that don't fit.
    """
    lake, contract = context.lake, context.workspace.contract(table)
    contracts.require_planned(context, contract)
    lenient, corrected = without_checks(contract, waive), read(corrections)
    noted = {"actor": who, "why": why, "waived": sorted(waive), "is_corrected": bool(corrected)}
    with ledger.locked(lake, contract, RELEASE) as lock:
        with ledger.batch(lock) as writer:
            rows = waiting(context, contract, chosen)
            passed = _replay(context, contract, writer, rows, lenient, corrected, noted) if rows else 0
        quarantine_outcomes.tidy(lake, contract.named("quarantine"), contract.table)
    message = f"quarantine {table}: {passed:,} rows released, {len(rows) - passed:,} stay"
    LOG.info(message, extra={"table": table, "rows": len(rows), "passed": passed})
    return RowsReleased(table, passed, len(rows) - passed)


def without_checks(contract: Contract, names: Iterable[str]) -> Contract:
    """A contract that doesn't ask for some of its checks.

    Raises:
        ContractError, UsageError: there is no such check, or it can't be waived.
    """
    waivable = {c.name: c for c in checks(contract) if c.kind in _WAIVABLE and c.reason not in _OF_CONSENT}
    if unknown := sorted(set(names) - waivable.keys()):
        raise UsageError(
            f"{', '.join(unknown)} can't be waived; of {contract.table} can be: {', '.join(waivable) or 'no check'}"
        )
    columns = dict(contract.columns)
    for check in (waivable[name] for name in names if waivable[name].kind in _FIELDS):
        column = check.columns[0]
        columns[column] = columns[column].model_copy(update=dict.fromkeys(_FIELDS[check.kind]))
    rules = tuple(rule for rule in contract.rules if rule.name not in names)
    return contract.model_copy(update={"columns": columns, "rules": rules})


def _replay(
    context: Context,
    contract: Contract,
    writer: Writer,
    rows: list[Waiting],
    lenient: Contract,
    corrections: dict,
    noted: dict,
) -> int:
    """Release what passes; returns how many rows did."""
    lake, keys, by_ref = context.lake, [row.key for row in rows], {_ref(row): row.key for row in rows}
    batch_id = quarantine_outcomes.batch_id(contract.table, RELEASE, keys)
    arrived = _admitted(context, contract, rows, corrections, batch_id)
    admitted = writer.stage(row_admission.identities_apart(arrived, contract), "admitted")
    accepted = admitted.where(F.col("_status") == row_admission.ACCEPTED)
    received = accepted.withColumns({schema.BATCH: F.lit(batch_id), "_received_at": F.lit(context.as_of)})
    judged = refine.judge(context, lenient, received, batch_id, writer)
    sound = judged.where(F.size(REASONS) == 0)
    if passed := sorted({by_ref[row["_source_ref"]] for row in sound.select("_source_ref").collect()}):
        # noted first, so that nothing is ever released without an entry; a killed run's release is noted twice
        context.trail.record(
            action="quarantine release", table=contract.table, batch=batch_id, rows=len(passed), **noted
        )
        new = sound.where(~F.col(IS_COPY))
        ours = new.select("_source_ref")
        ingest.store_beside(context, contract, admitted.join(ours, "_source_ref", "left_semi"), batch_id)
        lake.append_batch(contract.named("bronze"), received.join(ours, "_source_ref", "left_semi"), batch_id)
        versions = new.transform(refine.versioned, contract, context.zone)
        lake.append_batch(contract.named("silver"), versions, batch_id)
        sealing.batch(context, contract, batch_id)
        released = quarantine_outcomes.released(contract.table, passed, context.as_of, batch_id, new.count())
        version = contract_versions.latest_number(lake, contract.table)
        writer.finish(*[replace(released, stage=s, contract_version=version) for s in (INGEST, REFINE, RELEASE)])
    return len(passed)


def _admitted(context: Context, contract: Contract, rows: list[Waiting], corrections: dict, batch_id: str) -> DataFrame:
    """The rows through admission: those that failed there once more, the others by the gate alone."""
    key, opened = numbers_key(context.vault), readable(context, contract, rows)
    _tell_left_out(contract, opened)
    entering, inside = [], []
    for row in (row for row in rows if row.key in opened):
        text, changes, ref = opened[row.key], of_row(corrections, row), _ref(row)
        if row.stage == INGEST:
            entering.append((*_entering(row, text, changes, contract), ref))
        else:
            tokens = {name: _tokenised(contract, name, value, key) for name, value in changes.items()}
            values = {} if isinstance(text, str) else text
            inside.append((*applied(values, tokens, contract.stored), row.subject_key, ref))
    arriving = _frame(context, entering, [*contract.columns, "_reject", "_raw", "_source_ref"])
    known = _frame(context, inside, [*contract.stored, "subject_key", "_source_ref"])
    inside_still = row_admission.readmit(known, contract, ingest.permitted(context, contract))
    who = ingest.permitted(context, contract)
    return ingest.admit(context, contract, arriving, batch_id, who).unionByName(inside_still)


def _tell_left_out(contract: Contract, opened: dict) -> None:
    """Name the columns by which rows came that are no columns any more, whatever is called so now."""
    rows = (row for row in opened.values() if isinstance(row, dict))
    if gone := sorted({name for row in rows for name, value in row.items() if "@" in name and value is not None}):
        LOG.info(
            f"quarantine {contract.table}: values of {', '.join(gone)} (a column at a version of the contract) stay "
            "out, for it is no column any more; give them as corrections where one should have them"
        )


def _entering(row: Waiting, text: dict | str, changes: Changes, contract: Contract) -> list[str | None]:
    """Values of a row that failed at admission, `_reject` and `_raw`.

    A line that can't be read says nothing until somebody says what it means, and what has ended never begins again.
    """
    values = applied({} if isinstance(text, str) else text, changes, contract.columns)
    is_marked = any(mark in value for value in values if value for mark in (REPLACEMENT, NUL))
    is_broken = (isinstance(text, str) and not changes) or is_marked or ReasonCode.ENDED_CONSENT in row.reasons
    return [*values, row.reasons[0] if is_broken else None, None]


def _tokenised(contract: Contract, name: str, value: str | None, key: bytes) -> str | None:
    """A corrected value as it stands in bronze; a number that becomes a token is checked as at admission."""
    column = contract.stored.get(name)
    if column is None or not column.pseudonym or not value or (plain := plain_number(value)) is None:
        return value
    if not opaque.is_allowed(plain, column):
        raise UsageError(
            f"the correction of {name} isn't what {contract.table} asks of it; nothing was released. "
            "Give one that fits the column's pattern, values and format"
        )
    return token_of(plain, key)


def _frame(context: Context, rows: list[tuple], columns: list[str]) -> DataFrame:
    return context.lake.spark.createDataFrame(rows, schema.struct(**dict.fromkeys(columns, StringType())))


def _ref(row: Waiting) -> str:
    """Where a released row says that it came from."""
    return f"quarantine/{row.batch_id}#{row.row_hash}"
