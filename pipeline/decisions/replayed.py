"""What came of deciding once more from what was kept, held against what was decided.

Nothing of a person is shown but whether the two are the same.
"""

import json
import logging

from conf.schema.errors import Conflict, NotFound
from lake import raw_access, seals
from lake.audit import hashed
from lake.erasure import INPUTS
from pipeline.context import Context
from pipeline.decisions import replay
from pipeline.decisions.decision_rows import DECISIONS
from pipeline.decisions.replay import Result
from pipeline.results.modelers import Replayed

LOG = logging.getLogger(__name__)

_NAMED = 5  # decisions in an error


def show(context: Context, application: str | None, is_all: bool) -> Replayed:
    """Replay one decision, or all of which inputs are kept; the trail is told of it.

    Raises:
        FieldstoneError: one comes out in another way, there is none, or its inputs were erased or changed.
    """
    context.trail.require_whole()
    results = replay.replay(context, [application] if application else None)
    if application and not results:
        raise NotFound(_why_none(context, application))
    other = [result for result in results if result.differing or result.why_not]
    _note(context, application, results, len(other))
    left = _without_inputs(context) if is_all else None
    if left is not None:
        LOG.info(f"replay: {len(results) - len(other):,} of {len(results):,} decisions are the same{_left_out(left)}")
    if other:
        more = f"; and {len(other) - _NAMED:,} more" if len(other) > _NAMED else ""
        raise Conflict("; ".join(map(_told, other[:_NAMED])) + more)
    if application:
        (result,) = results
        versions, since = tuple(result.run.versions), tuple(result.run.since())
        LOG.info("; ".join([f"replay {application}: same, by {', '.join(versions)}", *since]))
        return Replayed(1, versions=versions, since=since)
    return Replayed(len(results), left)


def _note(context: Context, application: str | None, results: list[Result], other: int) -> None:
    about = {"is_all": True}
    if application:
        about = {"decision": hashed(application), "subjects": [hashed(result.subject_key) for result in results]}
    operator = context.workspace.settings.operator
    context.trail.record(operator, "replay", **about, decisions=len(results), same=len(results) - other)


def _told(result: Result) -> str:
    if result.why_not:
        return f"{result.application} can't be decided once more: {result.why_not}"
    since = "".join(f" ({text})" for text in result.run.since())
    return f"{result.application} isn't the same: {', '.join(result.differing)} come out in another way{since}"


def _without_inputs(context: Context) -> int:
    tables = [table for table in (DECISIONS, INPUTS) if context.lake.exists(table)]
    made, *kept = (raw_access.values(context.lake, table, "application_id") for table in tables) if tables else [set()]
    return len(made.difference(*kept))


def _left_out(left: int) -> str:
    return f"; {left:,} more have no inputs, for they were erased, or made before inputs were kept" if left else ""


def _why_none(context: Context, application: str) -> str:
    """Why there is nothing to decide from."""
    named = {"application_id": application}
    if told := seals.told_of(context.trail, INPUTS, named):
        last = told[-1]
        if reference := json.loads(last.details).get("reference"):
            return (
                f"what {application} was decided from was erased under {reference} (entry {last.number} of the trail)"
            )
        return f"what {application} was decided from is gone, and nobody erased it; fieldstone audit verify tells more"
    where = {"application_id": [application]}
    if context.lake.exists(DECISIONS) and raw_access.count(context.lake, DECISIONS, where):
        return f"{application} was decided before inputs were kept, so it can't be decided once more"
    return f"there is no decision on {application}; gold__decisions has those that there are"
