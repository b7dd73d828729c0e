"""Decisions shown to a person: for a purpose, through the gate, as far as the role allows; each look is recorded."""

from collections.abc import Sequence
from typing import Any

from conf.schema import earlier_names
from conf.schema.contract import Purpose
from conf.schema.errors import NotFound
from conf.schema.languages import SHOWN, in_shown, on_pages
from conf.schema.roles import Role
from lake.audit import hashed
from models import caps
from models.policy import Decision
from pipeline import contracts
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.decisions.decision_rows import DECISIONS
from pipeline.results.decisions import DecisionListed, DecisionShown, DecisionsListed, ReasonShown, StepShown

_FIGURES = ("pd", "grade", "score", "capacity_year", "requested_amount", "limit_amount", "expected_loss")


def shown(context: Context, application: str, purpose: Purpose, why: str, role_name: str | None) -> DecisionShown:
    """The decision on an application; the look is recorded in the audit trail before anything is returned.

    Personal data (class C2: figures, reasons, steps) are for roles that see them plain. Values in the steps about
    other members of the household are for reviewers of the decision: they are shown for credit assessment only.

    Args:
        application: its number.
        why: the occasion, in words.
        role_name: the role that the operator claims; their first role by default.

    Raises:
        FieldstoneError: a withdrawal may be unknown, a contract's grounds changed, the operator doesn't hold the role,
            it or the table may not be looked at for the purpose, or there is no decision that may be seen for it.
    """
    role = _role(context, "decisions show", purpose, role_name)
    row = _read(context, application, purpose)
    whose = [hashed(row["subject_key"])] if row["subject_key"] else []
    noted = {"role": role.name, "purpose": purpose, "why": why, "decision": hashed(application), "subjects": whose}
    context.trail.record(context.workspace.settings.operator, "decisions show", **noted)
    languages = on_pages(context.workspace.settings.languages)
    return _as_seen(row, purpose, context.workspace.roles.why_withheld(role), languages)


def listed(context: Context, purpose: Purpose, why: str, role_name: str | None) -> DecisionsListed:
    """Which applications were decided, and how, for one to be shown; otherwise as `shown`.

    Raises:
        FieldstoneError: as for `shown`, except that a missing decision is no error.
    """
    role = _role(context, "decisions list", purpose, role_name)
    rows = list[dict[str, Any]]()
    if context.lake.exists(DECISIONS):
        seen = context.lake.read(DECISIONS, purpose=purpose, as_of=context.as_of)
        rows = seen.select("application_id", "subject_key", "decided_at", "decision", "grade").toArrow().to_pylist()
    whose = sorted({hashed(row["subject_key"]) for row in rows if row["subject_key"]})
    noted = {"role": role.name, "purpose": purpose, "why": why, "decisions": len(rows), "subjects": whose}
    context.trail.record(context.workspace.settings.operator, "decisions list", **noted)
    return _as_listed(rows, purpose, context.workspace.roles.why_withheld(role))


def _role(context: Context, act: str, purpose: Purpose, role_name: str | None) -> Role:
    """The operator's role, after all checks that must pass before a look."""
    withdrawals.require_settled(context, act)
    contracts.require_grounds(context)
    role = context.workspace.roles.role_of(context.workspace.settings.operator, role_name)
    role.require(purpose)
    return role


def _as_listed(rows: list[dict[str, Any]], purpose: Purpose, withheld: str | None) -> DecisionsListed:
    by_number = sorted(rows, key=lambda row: row["application_id"])
    decisions = tuple(
        DecisionListed(row["application_id"], row["decided_at"], row["decision"], None if withheld else row["grade"])
        for row in sorted(by_number, key=lambda row: row["decided_at"], reverse=True)
    )
    return DecisionsListed(purpose, decisions, withheld)


def _read(context: Context, application: str, purpose: Purpose) -> dict[str, Any]:
    lake = context.lake
    if lake.exists(DECISIONS):
        rows = lake.read(DECISIONS, purpose=purpose, as_of=context.as_of)
        if decisions := rows.where(rows["application_id"] == application).toArrow().to_pylist():
            return earlier_names.of_decision(decisions[0])
    raise NotFound(
        f"no decision on {application} may be seen for {purpose}: none was made, or a consent that it was based on "
        "has ended (fieldstone consent show)"
    )


def _as_seen(row: dict[str, Any], purpose: Purpose, withheld: str | None, languages: Sequence[str]) -> DecisionShown:
    is_plain = withheld is None
    is_review = purpose is Purpose.CREDIT_ASSESSMENT
    return DecisionShown(
        application=row["application_id"],
        decision=row["decision"],
        decided_at=row["decided_at"],
        grounds=_texts(row, "grounds", languages),
        binding_constraint=row["binding_constraint"] if is_plain else None,
        figures={name: _number(row[name]) for name in _FIGURES} if is_plain else None,
        reasons=_reasons(row, "reasons", "reason_changes", languages) if is_plain else None,
        limit_reasons=_reasons(row, "limit_reasons", "limit_reason_changes", languages) if is_plain else None,
        changes=_texts(row, "changes", languages) if is_plain and _tells_changes(row) else None,
        steps=_steps(row, is_review) if is_plain else None,
        withheld=withheld,
        models=tuple(filter(None, (row["admission_model"], row["limit_model"]))),
        policy_from=row["policy_from"],
        review_route=row["review_route"],
    )


def _tells_changes(row: dict[str, Any]) -> bool:
    """Whether changes were searched for: only for declines where limits are set, and not in early decisions."""
    is_of_limits = row["limit_amount"] is not None and row.get("changes_en") is not None
    return is_of_limits and row["decision"] == Decision.DECLINE


def _texts(row: dict[str, Any], name: str, languages: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Sentences of a decision in English and Chinese, empty in a language that isn't shown.

    Decisions from before they were stored have none. Earlier decisions have both languages, also where a workspace has
    one, and a sentence made from a title that the workspace lacks is a fragment.
    """
    english, chinese = (row.get(f"{name}_{language}") or () for language in SHOWN)
    texts = (in_shown(en, zh, languages) for en, zh in zip(english, chinese, strict=True))
    return tuple((text.get("en", ""), text.get("zh", "")) for text in texts)


def _reasons(row: dict[str, Any], name: str, changes: str, languages: Sequence[str]) -> tuple[ReasonShown, ...]:
    texts = _texts(row, name, languages)
    whether = row.get(changes) or [""] * len(texts)
    return tuple(ReasonShown(en, zh, change) for (en, zh), change in zip(texts, whether, strict=True))


def _steps(row: dict[str, Any], is_review: bool) -> tuple[StepShown, ...]:
    """Steps to the limit; values about other members of the household are left out unless it is a review."""
    masked = set[str]() if is_review else caps.of_others(row["binding_constraint"])
    made = zip(row.get("limit_steps") or (), row.get("limit_step_values") or (), strict=True)
    return tuple(StepShown(name, None if name in masked else value, name in masked) for name, value in made)


def _number(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else float(value)
