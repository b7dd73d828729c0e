"""`fieldstone reject MODEL VERSION --approver NAME --why WHY`: one that isn't to be in force."""

from datetime import UTC, datetime

from conf.errors import FieldstoneError
from jobs import tracking
from jobs.context import Context


def run(context: Context, model_name: str, number: str, approver: str, why: str) -> None:
    """Note on the challenger that it is rejected, by whom and why, and end its standing as challenger.

    Raises:
        FieldstoneError: that version is no challenger, is in force, or its trainer would reject it.
    """
    client = tracking.connect(context.workspace.settings)
    context.workspace.model(model_name)
    version = tracking.by_alias(client, model_name, tracking.CHALLENGER)
    if version is None or str(version.version) != number:
        standing = f"version {version.version} is" if version else "none stands"
        raise FieldstoneError(f"version {number} of {model_name} is no challenger ({standing}), so nothing is rejected")
    if tracking.CHAMPION in version.aliases:
        raise FieldstoneError(f"{model_name}:{number} is in force; only fieldstone retire takes it out")
    if context.workspace.people.is_same(approver, version.tags["trainer"]):
        raise FieldstoneError(f"{approver} trained {model_name}:{number} and can't judge it; somebody else has to")
    # noted first, as in an approval
    context.trail.record(approver, "reject", model=model_name, version=number, why=why)
    notes = {"rejected_by": approver, "rejected_why": why, tracking.REJECTED: datetime.now(UTC).isoformat()}
    tracking.tag(client, version, notes)
    tracking.withdraw(client, version)
    print(f"reject {model_name}: version {number} is no challenger any more, rejected by {approver}")
