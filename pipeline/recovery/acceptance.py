"""Checks and accepts the state folder: whether its parts belong together, and whether it was restored."""

import logging
import re

from conf.schema import table_names
from conf.schema.errors import Conflict, IntegrityError
from conf.schema.table_roles import TableRole
from conf.schema.workspace import Workspace
from lake import state
from lake.state import State
from pipeline.consent import restored, withdrawals
from pipeline.context import Context
from pipeline.registry import registry_identity, tracking
from pipeline.results.data_engineers import StateAccepted, StateShown

LOG = logging.getLogger(__name__)

_RESTORE = (
    "Nothing was written. Put back exactly what was lost, or restore the last backup into an empty folder (fieldstone "
    "restore FOLDER)"
)


def show(context: Context) -> StateShown:
    """Print identity, generation, registry and unexpected changes; after a restore, also the steps to repeat.

    Raises:
        IntegrityError: the state isn't as the last command left it.
    """
    home = context.workspace.settings.home
    known = state.read(home)
    if known:
        LOG.info(f"state: {known.identity}, generation {known.generation:,}, {len(known.tables):,} tables")
    else:
        LOG.info(f"state: nothing is noted of {home} yet")
    for folder in known.backups if known else ():
        LOG.info(f"state: was backed up to {folder}")
    undone, again = restored.obstacles(context.lake), restored.again_there(context.lake)
    for obstacle in undone:
        LOG.info(f"state: {obstacle}")
    for key in again:
        LOG.info(f"state: was erased since the backup: fieldstone erase --subject {key} --execute --operator NAME")
    faults = [whole] if (whole := state.condition(home)) != state.WHOLE else []
    if faults := [*faults, *_of_registry(context, known)]:
        raise IntegrityError("; ".join(faults))
    noted = (known.identity, known.generation, len(known.tables)) if known else (None, None, None)
    backups = tuple(known.backups) if known else ()
    return StateShown(*noted, backups, tuple(undone), len(again))


def _of_registry(context: Context, known: State | None) -> list[str]:
    """Print the generation at which the registry was used; returns its faults. It never creates a registry."""
    settings = context.workspace.settings
    if known is None:
        return []
    if not registry_identity.is_there(settings):
        lost = known.registry and not settings.mlflow_uri
        return [f"the model registry is lost, which was used at generation {known.registry:,}"] if lost else []
    try:
        why_not = registry_identity.mismatch(tracking.opened(settings), settings.home)
    except Exception as error:  # the library raises any kind of error for a damaged store
        return [f"the model registry can't be read ({type(error).__name__})"]
    if why_not:
        return [f"the model registry and the lake don't belong together: {why_not}"]
    LOG.info(f"state: the model registry is this state's, last used at generation {known.registry:,}")
    return []


def accept(context: Context, who: str, why: str) -> StateAccepted:
    """Accept the present state as the valid one, and allow the use of a restored one.

    This is recorded in the audit trail first. If parts were lost or are older, withdrawals have to be fetched again.

    Raises:
        FieldstoneError: there is nothing to accept, only a restore helps, or steps after a restore are still open.
    """
    home, client = context.workspace.settings.home, tracking.opened(context.workspace.settings)
    known, faults, why_not = state.read(home), state.findings(home), registry_identity.mismatch(client, home)
    faults += [why_not] if why_not else []
    if not (faults or (known and known.restored)):
        raise Conflict(f"there is nothing to accept in {home}: everything is as the last job left it")
    _require_acceptable(context.workspace, faults, state.gaps(home))
    if known and known.restored:
        _require_redone(context)
    state.forget_lost_checksums(home)
    taken_at = known.restored.get("taken_at") if known else None
    context.trail.record(who, "accept state", found=faults, restored=taken_at, why=why)
    if faults and (withdrawal := context.workspace.playing(TableRole.WITHDRAWAL)):
        withdrawals.begin(context, withdrawal)
        LOG.info("state: withdrawals have to be fetched again before anything rests on consents: fieldstone ingest")
    state.accept(home)
    registry_identity.adopt(client, home)
    LOG.info(f"state: accepted by {who}" + "".join(f"; {text}" for text in faults))
    return StateAccepted(who, tuple(faults))


def _require_acceptable(workspace: Workspace, faults: list[str], gaps: list[str]) -> None:
    if unread := [text for text in faults if text in gaps]:
        raise IntegrityError(f"{'; '.join(unread)}: such a log can't be read, even if it is accepted. {_RESTORE}")
    if refused := [text for text in faults if _unacceptable_tables(workspace).search(text)]:
        raise IntegrityError(
            f"{'; '.join(refused)}: people who have withdrawn a consent or were erased might reappear, so it can't be "
            f"accepted. {_RESTORE}"
        )


def _unacceptable_tables(workspace: Workspace) -> re.Pattern:
    """Pattern of tables that can't be accepted in an older copy, because withdrawn consents or erased people return."""
    consents = map(workspace.playing, (TableRole.CONSENT, TableRole.WITHDRAWAL))
    tables = [rf"\w+_{contract.table}" for contract in consents if contract]
    named = "|".join([*tables, r"vault__\w+", table_names.RESTRICTED])
    return re.compile(rf"\b(?:{named})\b")


def _require_redone(context: Context) -> None:
    if again := restored.again_there(context.lake):
        raise Conflict(f"{len(again):,} erased people are back in the data; erase them first (fieldstone state show)")
    undone = restored.obstacles(context.lake)
    if left := [text for text in withdrawals.obstacles(context) if text not in undone]:
        raise Conflict(f"withdrawals since the backup aren't all known: {'; '.join(left)}")
