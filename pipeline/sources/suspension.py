"""`fieldstone partner suspend|resume SOURCE`: stop pulling from a partner at once, and begin again.

Two people decide it. The policy says how decisions are made meanwhile: by a person, or on the last known data as long
as these aren't too old.
"""

import logging
from datetime import UTC, datetime, timedelta

from conf.schema import required, table_names
from conf.schema.errors import Conflict
from conf.schema.policy import Suspension
from lake import stops
from pipeline import sealing
from pipeline.context import Context
from pipeline.results.data_engineers import PullingChanged
from pipeline.sources import outages

LOG = logging.getLogger(__name__)


def suspend(context: Context, source_name: str, approvers: list[str], why: str) -> PullingChanged:
    """Stop pulling from a source.

    Raises:
        Conflict, ContractError: it is suspended already, or two different people haven't approved.
    """
    return _change(context, source_name, approvers, why, is_suspended=True)


def resume(context: Context, source_name: str, approvers: list[str], why: str) -> PullingChanged:
    """Pull from a source again.

    Raises:
        Conflict, ContractError: it isn't suspended, or two different people haven't approved.
    """
    return _change(context, source_name, approvers, why, is_suspended=False)


def too_old(context: Context) -> list[str]:
    """Sources that are out (`outages`) and whose last data the policy doesn't allow for decisions."""
    rules, missing = required.policy(context.workspace).when_suspended, outages.out(context)
    return sorted(name for name in missing if not _may_rest_on(context, name, rules.get(name, Suspension())))


def _may_rest_on(context: Context, source_name: str, rule: Suspension) -> bool:
    if rule.decisions == "refer":
        return False
    last = outages.last_received(context, context.workspace.source(source_name))
    return last is not None and context.as_of - last <= timedelta(days=rule.max_age_days)


def _change(context: Context, source_name: str, approvers: list[str], why: str, is_suspended: bool) -> PullingChanged:
    lake, action = context.lake, "suspend" if is_suspended else "resume"
    source = context.workspace.source(source_name)
    names = context.workspace.people.two(approvers, f"partner {action} {source.name}")
    with lake.lock(table_names.SUSPENSIONS, wait_seconds=60):
        # both are written, so that the same command completes one that was killed in between
        if {source.name in stops.suspended(lake), _by_table(context, source.name)} == {is_suspended}:
            raise Conflict(f"{source.name} is {'' if is_suspended else 'not '}suspended already")
        record = {"source": source.name, "is_suspended": is_suspended, "at": datetime.now(UTC)}
        record |= {"approvers": names, "why": why}
        kept = sealing.appended(context, table_names.SUSPENSIONS, record)
        context.trail.record(", ".join(names), f"partner-{action}", source=source.name, why=why, seals=[kept])
        lake.append_records(table_names.SUSPENSIONS, [record])
    LOG.info(f"partner: {source.name} {'is suspended' if is_suspended else 'is pulled from again'}")
    return PullingChanged(source.name, is_suspended, tuple(names))


def _by_table(context: Context, source_name: str) -> bool:
    """Whether the table of suspensions lists a source; only seals depend on this."""
    changes = context.lake.records(table_names.SUSPENSIONS, source=source_name)
    return bool(changes) and max(changes, key=lambda change: change["at"])["is_suspended"]
