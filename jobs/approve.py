"""`fieldstone approve MODEL --approver NAME`: a person other than its trainer makes the challenger champion."""

from datetime import UTC, datetime

from conf.errors import FieldstoneError
from jobs import tracking
from jobs.context import Context


def run(context: Context, model_name: str, approver: str, sandbox: bool, number: str | None = None) -> None:
    """Point `champion` at the challenger and note who approved it, when, and whether it was the sandbox.

    Args:
        number: the version that the approver has looked at, if it is known.

    Raises:
        FieldstoneError: there is no challenger or it is another one than was looked at, its trainer would approve it,
            it is retired or an experiment, or the sandbox may not.
    """
    settings = context.workspace.settings
    context.workspace.model(model_name)
    if sandbox and not settings.sandbox_approval:
        raise FieldstoneError(
            f"the sandbox may not approve {model_name}, for sandbox_approval is off; a person approves with "
            f"fieldstone approve {model_name} --approver NAME (a sandbox sets FIELDSTONE_SANDBOX_APPROVAL=true)"
        )
    client = tracking.connect(settings)
    challenger = tracking.by_alias(client, model_name, tracking.CHALLENGER)
    if challenger is None:
        raise FieldstoneError(f"model {model_name} has no challenger that passed its gates; train it first")
    if number and number != str(challenger.version):
        raise FieldstoneError(
            f"version {number} of {model_name} was approved, and the challenger is version {challenger.version} "
            "by now; look at that one and answer the question about it"
        )
    if context.workspace.people.is_same(approver, challenger.tags["trainer"]):
        raise FieldstoneError(f"{approver} trained {model_name} and can't approve it; somebody else has to")
    if tracking.RETIRED in challenger.tags:
        raise FieldstoneError(f"{model_name}:{challenger.version} is retired and can't be approved; train another one")
    if tracking.BACKDATED in challenger.tags:
        raise FieldstoneError(
            f"{model_name}:{challenger.version} was trained as of {challenger.tags[tracking.BACKDATED]}, an experiment "
            "that can't be approved; train one on the present"
        )
    if tracking.CHAMPION in challenger.aliases:
        print(f"approve {model_name}: version {challenger.version} is champion already")
        return
    notes = {
        "approver": approver,
        "approved_at": datetime.now(UTC).isoformat(),
        "approval": "sandbox" if sandbox else "person",
    }
    tracking.tag(client, challenger, notes)
    # noted first, so that no model is ever in force without an entry; a killed run's approval is noted twice
    context.trail.record(
        approver, "approve", model=model_name, version=str(challenger.version), approval=notes["approval"]
    )
    tracking.set_alias(client, model_name, tracking.CHAMPION, challenger.version)
    print(
        f"approve {model_name}: version {challenger.version} is champion, approved by {approver} ({notes['approval']})"
    )
