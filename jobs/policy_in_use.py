"""Which policy was in use, from when on, in the audit trail."""

import hashlib
import json

from jobs.context import Context

_ACTION = "policy in use"


def told(context: Context) -> str:
    """SHA-256 of the policy; the trail is told when it isn't the one that was in use before."""
    policy = context.workspace.policy
    stated = policy.model_dump(mode="json") if policy else None
    sha256 = hashlib.sha256(json.dumps(stated, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    before = [json.loads(entry.details) for entry in context.trail.entries() if entry.action == _ACTION]
    if not before or before[-1]["sha256"] != sha256:
        valid_from = policy.valid_from_date.isoformat() if policy else None
        operator = context.workspace.settings.operator
        context.trail.record(operator, _ACTION, sha256=sha256, valid_from=valid_from, policy=stated)
    return sha256
