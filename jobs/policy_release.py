"""`fieldstone policy show|approve`: the credit policy is a release too, and nothing is decided by another one."""

import json

from conf.errors import FieldstoneError
from jobs import places, policy_in_use, releases, sandboxed
from jobs.context import Context


def require(context: Context) -> None:
    """Refuse to decide by a policy that nobody has approved as it is.

    Raises:
        FieldstoneError: it was changed since, or never approved.
    """
    if found := differences(context):
        raise FieldstoneError(
            f"{found}. Put conf/policy.yaml back as it was, or have it approved as it is: fieldstone policy approve "
            "--approver NAME --why TEXT (fieldstone policy show tells what differs)"
        )


def differences(context: Context) -> str | None:
    """How the policy isn't the one that was approved, in words; None if it is."""
    release, says = releases.of_policy(context.trail.entries()), policy_in_use.stated(context)
    if release is None:
        return "nobody has approved the policy (conf/policy.yaml)"
    if release.document["policy"] == says:
        return None
    changed = ", ".join(places.changes(release.document["policy"], says or {}))
    return (
        f"the policy isn't the one that {release.approver} approved (entry {release.entry}); changed since: {changed}"
    )


def approve(context: Context, approver: str, why: str, sandbox: bool) -> None:
    """Let the policy be in force as it is now.

    Raises:
        FieldstoneError: there is none, or the sandbox may not.
    """
    says = policy_in_use.stated(context)
    if says is None:
        raise FieldstoneError("this workspace has no conf/policy.yaml, so there is nothing to approve")
    sandboxed.require(context, "the policy", sandbox)
    if differences(context) is None:
        print("policy: nothing new, it is in force as it is")
        return
    document = {"kind": "policy", "format": releases.FORMAT, "policy": says}
    approval = sandboxed.told(sandbox)
    context.trail.record(approver, releases.APPROVE_POLICY, why=why, approval=approval, **releases.told(document))
    print(f"policy: in force as it is, valid from {says['valid_from_date']}, approved by {approver} ({approval})")


def show(context: Context) -> None:
    """Print what of the policy differs from the one in force."""
    release, says = releases.of_policy(context.trail.entries()), policy_in_use.stated(context)
    before = release.document["policy"] if release else {}
    for name, (was, now) in places.changes(before, says or {}).items():
        print(f"{name}: {json.dumps(was, ensure_ascii=False)} -> {json.dumps(now, ensure_ascii=False)}")
    print(f"policy: {differences(context) or 'it is in force as it is'}")
