"""Log messages on a batch that has passed a stage: a line for people, with its table, batch and counts as fields."""

import logging

from conf.schema.counts import counted
from expectations.score import changed_columns
from lake.batch import Batch

LOG = logging.getLogger(__name__)

_NAMED = 10  # columns in a line


def tell_ingested(batch: Batch) -> None:
    """Log that a batch was ingested."""
    _tell(
        batch,
        f"ingest {batch.source_table}: {counted(batch.rows_read, 'row')} in {counted(len(batch.parts), 'part')}, "
        f"{batch.rows_stored:,} stored, {batch.rows_not_authorised:,} not authorised, "
        f"{batch.rows_quarantined:,} quarantined",
    )


def tell_columns(batch: Batch, before: Batch | None) -> None:
    """Log the columns that differ from the contract and didn't in the batch before; inspection raises an alert."""
    columns = [(each.ignored_columns, each.missing_columns) if each else ((), ()) for each in (batch, before)]
    if changed := changed_columns(*columns):
        more = f" and {len(changed) - _NAMED:,} more" if len(changed) > _NAMED else ""
        masked = ", ? are names that may be values, so aren't shown" if "+?" in changed else ""
        LOG.warning(
            f"ingest {batch.source_table}: watch: columns changed: {', '.join(changed[:_NAMED])}{more} (+ is "
            f"undeclared and ignored, - is optional and left empty{masked}); ask the partner whether it means to, or "
            "change the contract",
            extra={"table": batch.source_table, "batch": batch.batch_id, "columns": len(changed)},
        )


def tell_refined(batch: Batch) -> None:
    """Log that a batch was checked, and its good rows were written to silver."""
    _tell(
        batch,
        f"refine {batch.source_table}: {counted(batch.rows_read, 'row')}, {batch.rows_stored:,} to silver, "
        f"{counted(batch.rows_duplicate, 'duplicate')}, {batch.rows_quarantined:,} quarantined",
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
