"""Approvals by the sandbox's own reviewer, which are told apart from those of people wherever they are kept."""

from conf.errors import FieldstoneError
from jobs.context import Context

REVIEWER = "sandbox-reviewer"
WHY = "a sandbox, in which nobody looks at it"


def require(context: Context, what: str, is_sandbox: bool) -> None:
    """Refuse an approval by the sandbox where the settings don't let it.

    Raises:
        FieldstoneError: they don't.
    """
    if is_sandbox and not context.workspace.settings.sandbox_approval:
        raise FieldstoneError(
            f"the sandbox may not approve {what}, for sandbox_approval is off; a person approves it by giving "
            "--approver and --why without --sandbox (a sandbox sets FIELDSTONE_SANDBOX_APPROVAL=true)"
        )


def told(is_sandbox: bool) -> str:
    """Who approved: a person, or the sandbox."""
    return "sandbox" if is_sandbox else "person"
