"""Replays quarantined rows, corrected or with a waived check, through admission, gate and the contract's checks.

Rows that pass become a new batch in bronze and silver; its ledger entry is the commit, and lists the rows. Rows that
still fail stay in quarantine. So a row gets into silver exactly once, even if runs are killed and repeated.
"""

import logging
from collections import Counter
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Contract
from conf.schema.counts import counted
from expectations.checks import REASONS
from expectations.key_checks import IS_COPY
from lake import contract_versions, ledger, quarantine_outcomes, schema
from lake.batch import INGEST, REFINE, RELEASE, Batch
from lake.ledger import Writer
from pipeline import contracts, refine, sealing
from pipeline.context import Context
from pipeline.ingest import row_admission
from pipeline.ingest import run as ingest
from pipeline.quarantine import readmission, waivers
from pipeline.quarantine.corrections import read
from pipeline.quarantine.readmission import NUMBER
from pipeline.quarantine.row_choice import Selection
from pipeline.quarantine.waiting_rows import Waiting, waiting
from pipeline.results.data_engineers import RowsReleased

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Replay:
    """Replayed rows, and the batch of those that pass.

    Attributes:
        waiting: the rows in quarantine.
        admitted: the same rows after admission, with their index in `waiting`.
    """

    context: Context
    contract: Contract
    batch_id: str
    waiting: list[Waiting]
    admitted: DataFrame

    @property
    def received(self) -> DataFrame:
        """The rows that admission accepts, in bronze's form."""
        accepted = self.admitted.where(F.col("_status") == row_admission.ACCEPTED)
        return accepted.withColumns({schema.BATCH: F.lit(self.batch_id), "_received_at": F.lit(self.context.as_of)})

    def keys(self, rows: DataFrame) -> list[quarantine_outcomes.Key]:
        """Keys in quarantine of some of the rows, sorted."""
        return sorted({self.waiting[row[NUMBER]].key for row in rows.select(NUMBER).collect()})


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
        waive: names of checks that the rows may fail.
        corrections: source for `corrections.read`.

    Raises:
        FieldstoneError: a check can't be waived, or corrections don't fit the rows.
    """
    lake, contract = context.lake, context.workspace.contract(table)
    contracts.require_planned(context, contract)
    lenient, corrected = waivers.without_checks(contract, waive), read(corrections)
    noted = {"actor": who, "why": why, "waived": sorted(waive), "is_corrected": bool(corrected)}
    with ledger.locked(lake, contract, RELEASE) as lock:
        with ledger.batch(lock) as writer:
            rows, passed = waiting(context, contract, chosen), []
            if rows:
                replay = _admitted(context, contract, rows, corrected, writer)
                judged = refine.judge(context, lenient, replay.received, replay.batch_id, writer)
                sound = judged.where(F.size(REASONS) == 0)
                if passed := replay.keys(sound):
                    # recorded first, so that nothing is released without an entry; a killed run is recorded twice
                    context.trail.record(
                        action="quarantine release", table=table, batch=replay.batch_id, rows=len(passed), **noted
                    )
                    writer.finish(*_stored(replay, sound, passed))
        quarantine_outcomes.tidy(lake, contract.named("quarantine"), contract.table)
    done = {*passed}
    stay = [row for row in rows if row.key not in done]
    message = f"quarantine {table}: {counted(len(passed), 'row')} released, {len(stay):,} stay{_why(stay, table)}"
    LOG.info(message, extra={"table": table, "rows": len(rows), "passed": len(passed)})
    return RowsReleased(table, len(passed), len(stay))


def _why(stay: list[Waiting], table: str) -> str:
    """For what rows that stay were set aside, and what to do."""
    if not stay:
        return ""
    reasons = Counter(reason for row in stay for reason in row.reasons).most_common()
    listed = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
    return (
        f", set aside for {listed}; `fieldstone quarantine show --table {table}` names the checks they fail: mend "
        "rows with --corrections, or let them fail a check with --waive"
    )


def _admitted(context: Context, contract: Contract, rows: list[Waiting], corrected: dict, writer: Writer) -> _Replay:
    batch_id = quarantine_outcomes.batch_id(contract.table, RELEASE, [row.key for row in rows])
    arrived = readmission.admitted(context, contract, rows, corrected, batch_id)
    admitted = writer.stage(row_admission.identities_apart(arrived, contract), "admitted")
    return _Replay(context, contract, batch_id, rows, admitted)


def _stored(replay: _Replay, sound: DataFrame, passed: list[quarantine_outcomes.Key]) -> list[Batch]:
    """The ledger's batches of the rows that passed, after storing those that aren't stored yet."""
    context, contract, batch_id = replay.context, replay.contract, replay.batch_id
    lake, new = context.lake, sound.where(~F.col(IS_COPY))
    ours = new.select(NUMBER)
    ingest.store_beside(context, contract, replay.admitted.join(ours, NUMBER, "left_semi"), batch_id)
    lake.append_batch(contract.named("bronze"), replay.received.join(ours, NUMBER, "left_semi"), batch_id)
    lake.append_batch(contract.named("silver"), new.transform(refine.versioned, contract, context.zone), batch_id)
    sealing.batch(context, contract, batch_id)
    released = quarantine_outcomes.released(contract.table, passed, context.as_of, batch_id, new.count())
    version = contract_versions.latest_number(lake, contract.table)
    return [replace(released, stage=stage, contract_version=version) for stage in (INGEST, REFINE, RELEASE)]
