"""Ends a version for good: a challenger is rejected or sent back, an approved version is retired."""

import logging
from datetime import UTC, datetime

from conf.schema.errors import Conflict, Forbidden
from pipeline.context import Context
from pipeline.registry import tracking
from pipeline.releases import approvals, model_pages
from pipeline.results.governance import Ended
from pipeline.trail import releases

LOG = logging.getLogger(__name__)


def reject(context: Context, model_name: str, number: str, approver: str, why: str) -> Ended:
    """Record that a challenger is rejected, by whom and why; it never becomes challenger again.

    Raises:
        FieldstoneError: the version is no challenger, is in force, or was trained by this person.
    """
    return _end(context, model_name, number, approver, why, releases.REJECT)


def send_back(context: Context, model_name: str, number: str, approver: str, why: str) -> Ended:
    """Record that a challenger is sent back to its trainer, who is to train a better version.

    Raises:
        FieldstoneError: as for `reject`.
    """
    return _end(context, model_name, number, approver, why, releases.SEND_BACK)


def retire(context: Context, model_name: str, number: str, approver: str, why: str) -> Ended:
    """Record that a version is retired, by whom and why, and take it out of force.

    Raises:
        FieldstoneError: there is no such version, or it was trained by this person.
    """
    client = tracking.connect(context.workspace.settings)
    context.workspace.model(model_name)
    version, entries = tracking.known(client, model_name, number), context.trail.entries()
    if approvals.is_trainer(entries, version, approver):
        raise Forbidden(f"{approver} trained {model_name}:{number} and can't retire it; another person has to")
    if not releases.is_retired(entries, model_name, number):
        # recorded first, as in an approval: if the job is killed afterwards, the version still scores no more
        context.trail.record(approver, releases.RETIRE, model=model_name, version=number, why=why)
    if tracking.RETIRED not in version.tags:
        notes = {"retired_by": approver, "retired_why": why, tracking.RETIRED: datetime.now(UTC).isoformat()}
        tracking.tag(client, version, notes)
    was = (
        " and was champion: nothing is decided until another is approved"
        if tracking.CHAMPION in version.aliases or releases.is_standing(entries, model_name, number)
        else ""
    )
    tracking.remove_aliases(client, version)
    model_pages.publish(context, client, model_name)
    LOG.info(
        f"retire {model_name}: version {number} may score no more{was}",
        extra={"model": model_name, "version": number},
    )
    return Ended(model_name, number, "retire")


def _end(context: Context, model: str, number: str, approver: str, why: str, action: str) -> Ended:
    client = tracking.connect(context.workspace.settings)
    context.workspace.model(model)
    version, entries = tracking.by_alias(client, model, tracking.CHALLENGER), context.trail.entries()
    known = tracking.known(client, model, number)
    if tracking.CHAMPION in known.aliases or releases.is_standing(entries, model, number):
        raise Conflict(f"{model}:{number} is in force; only fieldstone retire takes it out")
    if version is None or str(version.version) != number:
        standing = f"version {version.version} is" if version else "none stands"
        raise Conflict(f"version {number} of {model} isn't a challenger ({standing}), so nothing was changed")
    if approvals.is_trainer(entries, version, approver):
        raise Forbidden(f"{approver} trained {model}:{number} and can't judge it; another person has to")
    # noted first, as in an approval
    if not releases.why_ended(entries, model, number):
        context.trail.record(approver, action, model=model, version=number, why=why)
    word, tag = ("rejected", tracking.REJECTED) if action == releases.REJECT else ("sent_back", tracking.SENT_BACK)
    notes = {f"{word}_by": approver, f"{word}_why": why, tag: datetime.now(UTC).isoformat()}
    tracking.tag(client, version, notes)
    tracking.remove_aliases(client, version)
    model_pages.publish(context, client, model)
    verb = action.replace(" ", "-")
    LOG.info(
        f"{verb} {model}: version {number} isn't a challenger any more, {word.replace('_', ' ')} by {approver}",
        extra={"model": model, "version": number},
    )
    return Ended(model, number, verb)
