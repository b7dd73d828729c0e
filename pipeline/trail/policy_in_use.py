"""The policies that were in use, and since when, in the audit trail."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from conf.schema import earlier_names
from conf.schema.errors import Conflict, IntegrityError
from conf.schema.hashing import document_sha256
from conf.schema.policy import Policy
from lake.entries import Entry
from pipeline.context import Context

_ACTION = "policy in use"


def stated(context: Context) -> dict[str, Any] | None:
    """The policy as JSON; None in a workspace that makes no decisions."""
    policy = context.workspace.policy
    return policy and policy.model_dump(mode="json")


def noted_sha256(context: Context) -> str:
    """SHA-256 of the policy; recorded in the audit trail if another policy was in use before."""
    policy = context.workspace.policy
    says = stated(context)
    sha256 = document_sha256(says)
    before = [json.loads(entry.details) for entry in context.trail.entries() if entry.action == _ACTION]
    if not before or before[-1]["sha256"] != sha256:
        valid_from = policy.valid_from_date.isoformat() if policy else None
        operator = context.workspace.settings.operator
        context.trail.record(operator, _ACTION, sha256=sha256, valid_from=valid_from, policy=says)
    return sha256


def known(entries: Iterable[Entry], sha256: str) -> dict[str, Any] | None:
    """The policy with a SHA-256 as JSON, with the names of today; None if it was never in use."""
    policies = (json.loads(entry.details) for entry in entries if entry.action == _ACTION)
    return next((earlier_names.today(each["policy"]) for each in policies if each["sha256"] == sha256), None)


def of(context: Context, sha256: str) -> Policy:
    """A policy that was in use at some time, from the audit trail.

    Raises:
        FieldstoneError: the trail doesn't have it, or it has fields that policies no longer have.
    """
    if (stated := known(context.trail.entries(), sha256)) is None:
        raise IntegrityError(f"the audit trail has no policy with the SHA-256 {sha256}; restore it from a backup")
    try:
        return Policy.model_validate(stated)
    except ValidationError as error:
        raise Conflict(
            f"the policy with the SHA-256 {sha256} has {error.error_count()} settings that policies don't have any "
            "more; replay with the version of Fieldstone that decided by it"
        ) from None
