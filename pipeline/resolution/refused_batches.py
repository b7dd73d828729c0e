"""The current state of refused batches and files."""

from conf.schema.masks import masked_path, with_names
from conf.schema.workspace import Workspace
from lake import file_names, refusals
from lake.batch import INGEST
from lake.refusals import Refusal
from pipeline.context import Context
from pipeline.results.data_engineers import BatchList, BatchState, StrayFile


def listed(context: Context, is_all: bool) -> BatchList:
    """Batches and files that are refused now; with `is_all` all past refusals and decisions as well, in order."""
    standing = refusals.standing(context.lake)
    batches = refusals.history(context.lake) if is_all else list(standing.values())
    called = (
        file_names.revealed(context.vault) if any(each.stage in (refusals.STRAY, INGEST) for each in batches) else {}
    )
    return BatchList(tuple(_state(context, each, called) for each in batches), len(standing))


def _state(context: Context, refusal: Refusal, called: dict[str, str]) -> BatchState:
    batches = context.lake.batches(refusal.source_table, INGEST)
    received = {batch.batch_id: batch.received_at for batch in batches}.get(refusal.batch_id, refusal.at)
    glob = _glob(context.workspace, refusal.source_table)
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
        reason=with_names(
            refusal.reason, {part.name: called[part.name] for part in refusal.parts if part.name in called}, glob
        ),
        files=tuple(StrayFile(masked_path(called.get(part.name, part.name), glob), part.bytes) for part in strays),
    )


def _glob(workspace: Workspace, table: str) -> str:
    """Glob pattern of a table's files; empty if no source lists the table any more."""
    contract = workspace.contracts.get(table)
    source = contract and workspace.sources.get(contract.source)
    return source.glob(contract.asset) if contract and source and contract.asset in source.assets else ""
