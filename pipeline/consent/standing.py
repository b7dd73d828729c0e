"""Which data of a subject may be used for which purpose, and the reason if they may not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyspark.sql import functions as F

from conf.schema.clock import local
from conf.schema.contract import LawfulBasis, Purpose
from conf.schema.workspace import Workspace
from lake import grounds, restrictions
from lake.audit import hashed
from lake.consent import CONSENT_NO, by_role, ended_at, unclear_since
from pipeline.context import Context


@dataclass(frozen=True)
class Standing:
    """Whether a purpose is permitted for a scope at a moment, and why (not).

    Attributes:
        consent_id: consent that permits it; None if none does.
        why: the reason as text; if several consents don't permit it, that of the one which comes closest.
    """

    scope: str
    purpose: Purpose
    consent_id: str | None
    why: str


def every(context: Context, subject_key: str) -> list[Standing]:
    """Every scope and purpose of the workspace for one subject, now or as of a past moment.

    The query is recorded in the audit trail first.
    """
    _note(context, subject_key, "consent show")
    consents, restricted_at = _consents(context, subject_key), _restricted_at(context, subject_key)
    by = context.workspace.settings.recipient, context.as_of
    return [
        _standing(restricted_at, consents, scope, purpose, *by)
        for scope in scopes(context.workspace)
        for purpose in Purpose
    ]


def one(context: Context, subject_key: str, scope: str, purpose: Purpose) -> Standing:
    """One scope and purpose for one subject; the query is recorded in the audit trail first."""
    _note(context, subject_key, "consent check")
    consents, restricted_at = _consents(context, subject_key), _restricted_at(context, subject_key)
    return _standing(restricted_at, consents, scope, purpose, context.workspace.settings.recipient, context.as_of)


def _note(context: Context, subject_key: str, action: str) -> None:
    context.trail.record(context.workspace.settings.operator, action, subjects=[hashed(subject_key)])


def standing(consents: list[dict], scope: str, purpose: Purpose, recipient: str, as_of: datetime) -> Standing:
    """Judge one scope and purpose by a subject's consents; explains as text what `lake.consent.live_consents` decides.

    Args:
        consents: rows of the granted consents, by the platform's names, each with `withdrawn_at` (None if not
            withdrawn) and `unclear_at`: since when a notice that may withdraw it waits in quarantine (None if none).
    """
    judged = sorted(
        (_obstacle(c, scope, purpose, recipient, as_of) for c in consents),
        key=lambda obstacle: (obstacle[0], obstacle[1]),
        reverse=True,
    )
    if not judged:
        return Standing(scope, purpose, None, "no consent was ever given")
    steps, _, consent_id, why = judged[0]
    return Standing(scope, purpose, consent_id if steps == _ALL_STEPS else None, why)


def _standing(restricted_at: datetime | None, consents: list[dict], scope: str, purpose: Purpose, *by) -> Standing:
    """Like `standing`, but no data of a restricted subject may be used, even with later consents."""
    if restricted_at is None:
        return standing(consents, scope, purpose, *by)
    why = (
        f"the subject is restricted since {restricted_at:%Y-%m-%d}: its data are only stored until the statutory term "
        "ends, and a new consent takes nothing in"
    )
    return Standing(scope, purpose, None, why)


def _restricted_at(context: Context, subject_key: str) -> datetime | None:
    return _shown(restrictions.since(context.lake, subject_key), context.zone)


_ALL_STEPS = 7


def _obstacle(consent: dict, scope: str, purpose: Purpose, recipient: str, as_of: datetime) -> tuple:
    """Number of conditions that a consent meets before the first unmet one, and a text on that one."""
    number, withdrawn, unclear = (consent[name] for name in ("consent_no", "withdrawn_at", "unclear_at"))
    conditions = [
        (consent["recipient"] == recipient, "was given to somebody else"),
        (scope in consent["scopes"].split(";"), f"doesn't cover {scope}"),
        (purpose in consent["purposes"].split(";"), f"doesn't allow {purpose}"),
        (max(consent["granted_at"], consent["known_at"]) <= as_of, "wasn't given, or not known of, by then"),
        (withdrawn is None or withdrawn > as_of, f"was withdrawn at {_moment(withdrawn)}"),
        (consent["expires_at"] > as_of, f"expired at {_moment(consent['expires_at'])}"),
        (unclear is None or unclear > as_of, "a notice of withdrawal waits in quarantine until somebody has read it"),
    ]
    met = next((i for i, (holds, _) in enumerate(conditions) if not holds), _ALL_STEPS)
    why = f"it holds until {_moment(consent['expires_at'])}" if met == _ALL_STEPS else conditions[met][1]
    return met, consent["granted_at"], number, f"consent {number}: {why}"


def _consents(context: Context, subject_key: str) -> list[dict]:
    lake, purpose = context.lake, Purpose.CREDIT_ASSESSMENT
    grant, withdrawal = grounds.of_consents(lake)
    grants, notices = (
        by_role(lake.read(contract.named("silver"), purpose=purpose, as_of=context.as_of), contract)
        for contract in (grant, withdrawal)
    )
    ended = ended_at(notices)
    unclear = unclear_since(grants, lake.platform(withdrawal.named("quarantine")))
    rows = grants.where(F.col("subject_key") == subject_key).join(ended, CONSENT_NO, "left")
    rows = rows.join(unclear, CONSENT_NO, "left")
    joined = rows.orderBy("granted_at").toArrow().to_pylist()  # collect() would return times without a zone
    return [{name: _shown(value, context.zone) for name, value in row.items()} for row in joined]


def _shown(value: Any, zone: str) -> Any:
    return local(value, zone) if isinstance(value, datetime) else value


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} {moment.tzinfo}" if moment else "no time"


def scopes(workspace: Workspace) -> list[str]:
    """Every consent scope that a contract of the workspace requires."""
    consented = [c for c in workspace.contracts.values() if c.lawful_basis is LawfulBasis.CONSENT]
    return sorted({contract.consent_scope for contract in consented if contract.consent_scope})
