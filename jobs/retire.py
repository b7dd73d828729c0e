"""`fieldstone retire MODEL VERSION --approver NAME --why WHY`: a version that may score no more, for good."""

from datetime import UTC, datetime

from conf.schema.errors import FieldstoneError
from pipeline.context import Context
from pipeline.registry import tracking
from pipeline.releases import approvals, model_pages
from pipeline.trail import releases


def run(context: Context, model_name: str, number: str, approver: str, why: str) -> None:
    """Note on a version that it is retired, by whom and why, and take it out of force.

    Raises:
        FieldstoneError: there is no such version, or its trainer would retire it.
    """
    client = tracking.connect(context.workspace.settings)
    context.workspace.model(model_name)
    version, entries = tracking.known(client, model_name, number), context.trail.entries()
    if approvals.is_trainer(entries, version, approver):
        raise FieldstoneError(f"{approver} trained {model_name}:{number} and can't retire it; somebody else has to")
    if not releases.is_retired(entries, model_name, number):
        # noted first, as in an approval: whatever dies afterwards, the version scores no more
        context.trail.record(approver, releases.RETIRE, model=model_name, version=number, why=why)
    if tracking.RETIRED not in version.tags:
        notes = {"retired_by": approver, "retired_why": why, tracking.RETIRED: datetime.now(UTC).isoformat()}
        tracking.tag(client, version, notes)
    was = (
        " and was champion: nothing is decided until another is approved"
        if tracking.CHAMPION in version.aliases or releases.is_standing(entries, model_name, number)
        else ""
    )
    tracking.withdraw(client, version)
    model_pages.publish(context, client, model_name)
    print(f"retire {model_name}: version {number} may score no more{was}")
