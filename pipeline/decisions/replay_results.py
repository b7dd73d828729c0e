"""The results of replays, compared with the original decisions.

Of a person only this is shown: whether both are the same.
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
    """Replay one decision, or all with stored inputs; this is recorded in the audit trail.

    Decisions with other sentences and the same outcome are counted separately with a warning.

    Raises:
        FieldstoneError: a decision has another outcome, is missing, or its inputs were erased or changed.
    """
    context.trail.require_whole()
    results = replay.replay(context, [application] if application else None)
    if application and not results:
        raise NotFound(_why_none(context, application))
    reworded = [result for result in results if result.is_reworded]
    other = [each for each in results if (each.differing or each.why_not) and not each.is_reworded]
    _note(context, application, results, len(reworded), len(other))
    left = _without_inputs(context) if is_all else None
    if left is not None:
        same = len(results) - len(other) - len(reworded)
        LOG.info(f"replay: {same:,} of {len(results):,} decisions are the same{_left_out(left)}")
    if reworded:
        LOG.warning(_wording_notice(reworded))
    if other:
        more = f"; and {len(other) - _NAMED:,} more" if len(other) > _NAMED else ""
        raise Conflict("; ".join(map(_difference, other[:_NAMED])) + more)
    if application:
        (result,) = results
        versions, since = tuple(result.run.versions), tuple(result.run.since())
        how = "same but for its wording" if reworded else "same"
        LOG.info("; ".join([f"replay {application}: {how}, by {', '.join(versions)}", *since]))
        return Replayed(1, versions=versions, since=since, reworded=len(reworded))
    return Replayed(len(results), left, reworded=len(reworded))


def _note(context: Context, application: str | None, results: list[Result], reworded: int, other: int) -> None:
    about = {"is_all": True}
    if application:
        about = {"decision": hashed(application), "subjects": [hashed(result.subject_key) for result in results]}
    operator = context.workspace.settings.operator
    same = len(results) - reworded - other
    context.trail.record(operator, "replay", **about, decisions=len(results), same=same, reworded=reworded)


def _wording_notice(reworded: list[Result]) -> str:
    columns = sorted({name for result in reworded for name in result.differing})
    return (
        f"replay: {len(reworded):,} have the same outcome in other words ({', '.join(columns)}): texts have changed "
        "since, or what is stored was (fieldstone audit verify)"
    )


def _difference(result: Result) -> str:
    if result.why_not:
        return f"{result.application} can't be decided once more: {result.why_not}"
    since = "".join(f" ({text})" for text in result.run.since())
    return f"{result.application} isn't the same: {', '.join(result.differing)} come out in another way{since}"


def _without_inputs(context: Context) -> int:
    tables = [table for table in (DECISIONS, INPUTS) if context.lake.exists(table)]
    made, *kept = (raw_access.values(context.lake, table, "application_id") for table in tables) if tables else [set()]
    return len(made.difference(*kept))


def _left_out(left: int) -> str:
    return f"; {left:,} more have no inputs, because these were erased, or weren't kept yet at the time" if left else ""


def _why_none(context: Context, application: str) -> str:
    """Why there are no inputs to replay."""
    named = {"application_id": application}
    if entries := seals.entries_of_row(context.trail, INPUTS, named):
        last = entries[-1]
        if reference := json.loads(last.details).get("reference"):
            return (
                f"the inputs of the decision on {application} were erased under {reference} (entry {last.number} of "
                "the trail)"
            )
        return (
            f"the inputs of the decision on {application} are missing, though no erasure removed them; fieldstone "
            "audit verify tells more"
        )
    where = {"application_id": [application]}
    if context.lake.exists(DECISIONS) and raw_access.count(context.lake, DECISIONS, where):
        return f"{application} was decided before inputs were kept, so it can't be decided once more"
    return f"there is no decision on {application}; fieldstone decisions list shows those there are"
