"""`fieldstone decisions stop|resume`: the kill switch. One person stops all decisions at once, two let them go on.

Its state is in the audit trail only: no table, setting or tag changes it.
"""

import logging

from conf.schema.errors import Conflict
from lake.entries import Entry
from pipeline.context import Context
from pipeline.results.decisions import DecisionsSwitched

LOG = logging.getLogger(__name__)

STOP, RESUME = "stop decisions", "resume decisions"


def stop(context: Context, approver: str, why: str) -> DecisionsSwitched:
    """Stop all decisions.

    Raises:
        FieldstoneError: decisions are stopped already, or this person may not stop them.
    """
    if by := stopped(context.trail.require_whole()):
        raise Conflict(f"{_stopped_text(context, by)} already")
    context.trail.record(approver, STOP, why=why)
    LOG.info("decisions: stopped; two people can resume them (fieldstone decisions resume --approver A --approver B)")
    return DecisionsSwitched(are_stopped=True, approvers=(approver,))


def resume(context: Context, approvers: list[str], why: str) -> DecisionsSwitched:
    """Let decisions be made again.

    Raises:
        FieldstoneError: they aren't stopped, or fewer than two different people approve.
    """
    names = context.workspace.people.two(approvers, "decisions resume")
    if not stopped(context.trail.require_whole()):
        raise Conflict("decisions aren't stopped")
    context.trail.record(", ".join(names), RESUME, why=why)
    LOG.info("decisions: resumed")
    return DecisionsSwitched(are_stopped=False, approvers=tuple(names))


def stopped(entries: list[Entry]) -> Entry | None:
    """The entry that stopped decisions, from the entries of a whole trail; None if they aren't stopped."""
    last = next((entry for entry in reversed(entries) if entry.action in (STOP, RESUME)), None)
    return last if last and last.action == STOP else None


def require_running(context: Context, entries: list[Entry]) -> None:
    """Refuse to decide while decisions are stopped.

    Raises:
        Conflict: they are.
    """
    if by := stopped(entries):
        raise Conflict(f"{_stopped_text(context, by)}; two people can resume them (fieldstone decisions resume)")


def _stopped_text(context: Context, by: Entry) -> str:
    since = context.local_time(by.at)
    return f"decisions are stopped since {since} by {by.actor} (fieldstone audit show --action '{STOP}')"
