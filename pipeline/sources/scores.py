"""The quality score of a batch, recorded while it is refined."""

from datetime import timedelta

from pyspark.sql import DataFrame

from conf.schema.contract import Contract
from expectations import suite
from expectations.score import Arrival, BatchScore, batch_score
from lake import batch_scores
from lake.batch import Batch
from pipeline.context import Context


def quality(context: Context, contract: Contract, judged: DataFrame) -> suite.BatchQuality:
    """Count a batch, with the counts that the rules of inspection and the partner's agreement require."""
    rules, partner = context.workspace.inspection, context.workspace.partners.get(contract.source)
    delay = timedelta(days=partner.delivery.max_delay_days) if partner and partner.delivery else None
    languages = context.workspace.settings.languages
    return suite.quality(judged, contract, max_delay=delay, min_cell=rules and rules.min_cell, languages=languages)


def of_table(context: Context, contract: Contract) -> list[BatchScore]:
    """Scores of a table's batches, oldest first."""
    return [BatchScore.of(record) for record in batch_scores.scores(context.lake, contract.table)]


def note(context: Context, contract: Contract, batch: Batch, quality: suite.BatchQuality, is_refused: bool) -> None:
    """Score a batch and record the score, also for a refused batch; without rules of inspection, do nothing.

    Args:
        batch: the batch as ingested.
        quality: counts of its rows.
        is_refused: whether it is kept out of silver.
    """
    rules = context.workspace.inspection
    if rules is None:
        return
    arrival = Arrival(
        source_table=contract.table,
        batch_id=batch.batch_id,
        received_at=batch.received_at,
        rejected=batch.quarantined_by_reason,
        undeclared_columns=batch.ignored_columns,
        missing_columns=batch.missing_columns,
    )
    place = (arrival.received_at, arrival.batch_id)
    earlier = [each for each in of_table(context, contract) if (each.received_at, each.batch_id) < place]
    batch_scores.record(context.lake, batch_score(quality, arrival, contract, rules, earlier, is_refused).record())
