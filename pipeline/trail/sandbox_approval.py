"""Approvals by the sandbox's own reviewer, which are marked as such wherever they are stored."""

from collections.abc import Iterable, Sequence

from conf.schema.errors import Forbidden
from lake import signatures
from lake.entries import Entry
from pipeline.context import Context

REVIEWER = "sandbox-reviewer"
WHY = "a sandbox, in which nobody looks at it"
ANSWER = "a sandbox of synthetic people, in which nobody has looked into it and nothing is lent"


def require(context: Context, what: str, is_sandbox: bool) -> None:
    """Refuse an approval by the sandbox unless the settings allow it.

    Raises:
        Forbidden: the settings don't allow it.
    """
    if is_sandbox and not context.workspace.settings.sandbox_approval:
        raise Forbidden(
            f"the sandbox may not approve {what}, because sandbox_approval is off; a person approves it by giving "
            "--approver and --why without --sandbox (a sandbox sets FIELDSTONE_SANDBOX_APPROVAL=true)"
        )


def answers(red_findings: Iterable[str], is_sandbox: bool) -> dict[str, str]:
    """The sandbox's answers to red findings; empty for a person, who writes their own."""
    return dict.fromkeys(red_findings, ANSWER) if is_sandbox else {}


def kind(entries: Sequence[Entry], is_sandbox: bool) -> str:
    """The kind of an approval: by a person, or in a sandbox, where any name is believed."""
    return "sandbox" if is_sandbox or not signatures.released(entries).is_real else "person"
