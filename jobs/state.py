"""`fieldstone state show|accept`: whether what lies in the state folder belongs together, and what was restored."""

from conf.errors import FieldstoneError
from jobs import belonging, restored, tracking, withdrawals
from jobs.context import Context
from lake import state


def show(context: Context) -> None:
    """Print identity, generation and what isn't as it was left; after a restore, what is to be redone.

    Raises:
        FieldstoneError: something isn't as it was left.
    """
    home = context.workspace.settings.home
    known = state.read(home)
    if known is None:
        print(f"state: nothing is noted of {home} yet")
        return
    print(f"state: {known.identity}, generation {known.generation:,}, {len(known.tables):,} tables")
    for folder in known.backups:
        print(f"state: was backed up to {folder}")
    for obstacle in restored.obstacles(context.lake):
        print(f"state: {obstacle}")
    for key in restored.again_there(context.lake):
        print(f"state: was erased since the backup: fieldstone erase --subject {key} --execute --operator NAME")
    if (told := state.told_whole(home)) != state.WHOLE:
        raise FieldstoneError(told)


def accept(context: Context, who: str, why: str) -> None:
    """Let the state count as it lies there from now on, and let a restored one be used.

    Raises:
        FieldstoneError: there is nothing to accept, or something is still to be redone after a restore.
    """
    home, client = context.workspace.settings.home, tracking.opened(context.workspace.settings)
    known, found, why_not = state.read(home), state.findings(home), belonging.mismatch(client, home)
    found += [why_not] if why_not else []
    if not (found or (known and known.restored)):
        raise FieldstoneError(f"there is nothing to accept in {home}: everything is as the last job left it")
    if known and known.restored:
        _require_redone(context)
    state.accept(home)
    belonging.adopt(client, home)
    taken_at = known.restored.get("taken_at") if known else None
    context.trail.record(who, "accept state", found=found, restored=taken_at, why=why)
    print(f"state: accepted by {who}" + "".join(f"; {text}" for text in found))


def _require_redone(context: Context) -> None:
    if again := restored.again_there(context.lake):
        raise FieldstoneError(
            f"{len(again):,} who had been erased are there again; erase them first (fieldstone state show)"
        )
    if left := [text for text in withdrawals.obstacles(context) if text not in restored.obstacles(context.lake)]:
        raise FieldstoneError(f"withdrawals since the backup aren't all known: {'; '.join(left)}")
