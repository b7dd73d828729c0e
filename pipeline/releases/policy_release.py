"""`fieldstone policy show|approve`: the credit policy is released too, and only the released one decides."""

import json
import logging
from typing import Any

from conf.schema.errors import Conflict, NotFound
from conf.schema.hashing import document_sha256
from lake.release_documents import FORMAT, PolicyDocument
from pipeline.context import Context
from pipeline.releases import approvals, shown_releases
from pipeline.results.governance import PolicyApproved, PolicyShown
from pipeline.trail import attribution, policy_in_use, releases, sandbox_approval
from pipeline.trail.differences import changes

LOG = logging.getLogger(__name__)


def require(context: Context) -> None:
    """Refuse to decide by a policy that isn't approved as it is.

    Raises:
        Conflict: it was changed since its approval, or never approved.
    """
    if change := differences(context):
        raise Conflict(
            f"{change}. Put conf/policy.yaml back as it was, or have it approved as it is: fieldstone policy approve "
            "--approver NAME --why TEXT (fieldstone policy show tells what differs)"
        )


def differences(context: Context) -> str | None:
    """How the policy differs from the approved one, as text; None if it doesn't."""
    entries, says = context.trail.entries(), policy_in_use.stated(context)
    approved = releases.of_policy(entries)
    if approved is None:
        return "nobody has approved the policy (conf/policy.yaml)"
    if why := approvals.why_not(entries, approved):
        return f"{approvals.named(approved)} doesn't count: {why}"
    before = releases.policy_of(approved)["policy"]
    if before == says:
        return None
    changed = ", ".join(changes(before, says or {}))
    by = f"{approved.actor} approved (entry {approved.number})"
    return f"the policy isn't the one that {by}; changed since: {changed}"


def approve(context: Context, approver: str, why: str, sandbox: bool, release: str | None = None) -> PolicyApproved:
    """Put the policy in force as it is now.

    Args:
        release: SHA-256 of the policy that was shown to the approver; a sandbox may leave it out.

    Raises:
        FieldstoneError: there is no policy, it differs from the one shown, or this approver or sandbox may not.
    """
    says = policy_in_use.stated(context)
    if says is None:
        raise NotFound("this workspace has no conf/policy.yaml, so there is nothing to approve")
    sandbox_approval.require(context, "the policy", sandbox)
    entries, document = context.trail.require_whole(), _document(says)
    details = {"why": why, "approval": sandbox_approval.kind(entries, sandbox)} | releases.approval_details(document)
    approvals.require_allowed(entries, approver, releases.APPROVE_POLICY, details)
    context.trail.require_signer(approver, releases.APPROVE_POLICY)
    shown_releases.require(context, entries, document, release, "fieldstone policy show")
    is_new = differences(context) is not None
    approved = PolicyApproved(is_new, str(says["valid_from_date"]), document_sha256(document))
    if not is_new:
        LOG.info("policy: nothing new, it is in force as it is")
        return approved
    entry = context.trail.record(approver, releases.APPROVE_POLICY, **details)
    by = attribution.who([*entries, entry], entry)
    LOG.info(f"policy: in force as it is, valid from {says['valid_from_date']}, approved by {by}")
    return approved


def show(context: Context) -> PolicyShown:
    """Show the differences between the policy and the one in force."""
    entries, says = context.trail.entries(), policy_in_use.stated(context)
    approved = releases.of_policy(entries)
    before = releases.policy_of(approved)["policy"] if approved and not approvals.why_not(entries, approved) else {}
    changed = changes(before, says or {})
    for name, (was, now) in changed.items():
        LOG.info(f"{name}: {json.dumps(was, ensure_ascii=False)} -> {json.dumps(now, ensure_ascii=False)}")
    why_not = differences(context)
    LOG.info(f"policy: {why_not or 'it is in force as it is'}")
    release = shown_releases.keep(context, _document(says)) if says else None
    if release:
        LOG.info(f"release: {release} (fieldstone policy approve --release)")
    return PolicyShown(changed, why_not, release)


def _document(says: dict[str, Any]) -> PolicyDocument:
    return {"kind": "policy", "format": FORMAT, "policy": says}
