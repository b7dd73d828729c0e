"""Batches and files that were refused, as they stand."""

from conf.schema.masks import masked_path
from lake import names, refusals
from lake.batch import INGEST
from lake.refusals import Refusal
from pipeline.context import Context
from pipeline.results.data_engineers import BatchList, BatchState, StrayFile


def listed(context: Context, is_all: bool) -> BatchList:
    """Those that stand refused, with `is_all` all that ever happened to one, in order."""
    standing = refusals.standing(context.lake)
    batches = refusals.history(context.lake) if is_all else list(standing.values())
    called = names.revealed(context.vault) if any(each.stage == refusals.STRAY for each in batches) else {}
    return BatchList(tuple(_state(context, each, called) for each in batches), len(standing))


def _state(context: Context, refusal: Refusal, called: dict[str, str]) -> BatchState:
    batches = context.lake.batches(refusal.source_table, INGEST)
    received = {batch.batch_id: batch.received_at for batch in batches}.get(refusal.batch_id, refusal.at)
    strays = refusal.parts if refusal.stage == refusals.STRAY else ()
    return BatchState(
        table=refusal.source_table,
        batch_id=refusal.batch_id,
        stage=refusal.stage,
        received_at=received,
        rows=refusal.rows,
        action=refusal.action,
        who=refusal.who,
        at=refusal.at,
        reason=refusal.reason,
        files=tuple(StrayFile(masked_path(called.get(part.name, part.name)), part.bytes) for part in strays),
    )
