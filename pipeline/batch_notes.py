"""What is told of a batch that has passed a stage: a line for people, with its table, batch and counts as fields."""

import logging

from lake.batch import Batch

LOG = logging.getLogger(__name__)


def tell_ingested(batch: Batch) -> None:
    """Tell that a batch was taken in."""
    _tell(
        batch,
        f"ingest {batch.source_table}: {batch.rows_read:,} rows in {len(batch.parts)} parts, {batch.rows_stored:,} "
        f"stored, {batch.rows_not_authorised:,} not authorised, {batch.rows_quarantined:,} quarantined",
    )


def tell_refined(batch: Batch) -> None:
    """Tell that a batch was judged, and its good rows went to silver."""
    _tell(
        batch,
        f"refine {batch.source_table}: {batch.rows_read:,} rows, {batch.rows_stored:,} to silver, "
        f"{batch.rows_duplicate:,} duplicates, {batch.rows_quarantined:,} quarantined",
    )


def _tell(batch: Batch, text: str) -> None:
    LOG.info(
        text,
        extra={
            "table": batch.source_table,
            "batch": batch.batch_id,
            "rows": batch.rows_read,
            "passed": batch.rows_stored,
            "quarantined": batch.rows_quarantined,
        },
    )
