"""The steps to repeat after a restore, so that no erased or withdrawn subject's data come back into use."""

from collections.abc import Collection

from lake import raw_access, state
from lake.audit import hashed
from lake.tables import Lake
from lake.vault import KEYS


def obstacles(lake: Lake) -> list[str]:
    """Why a restored state may not be used yet; empty if there was no restore, or all steps were repeated."""
    known = state.read(lake.workspace.settings.home)
    if not (known and known.restored):
        return []
    again = again_there(lake)
    who = (
        f"erase {len(again):,} again who had been erased since (fieldstone state show)"
        if again
        else ("erase again who was erased since")
    )
    return [
        f"the state was restored from a backup of {known.restored['taken_at']}: suspend again the partners that were "
        f"suspended since, ingest and refine all sources, {who}, "
        "retire again the model versions that were retired since, then fieldstone state accept --who NAME --why TEXT"
    ]


def again_there(lake: Lake) -> list[str]:
    """Keys of subjects who are known to have been erased since the backup and who have a data key again."""
    known = state.read(lake.workspace.settings.home)
    erased = set(known.restored.get("erased", ())) if known else set()
    if not (erased and lake.exists(KEYS)):
        return []
    return sorted(key for key in raw_access.values(lake, KEYS, "key_id") if hashed(key) in erased)


def restore_details(lake: Lake, subjects: Collection[str]) -> dict:
    """Details on the restore for an erasure in a restored state: its backup, and subjects that were erased before.

    Empty if there was no restore, or all steps after it were repeated.
    """
    known = state.read(lake.workspace.settings.home)
    if not (known and known.restored):
        return {}
    before = set(map(hashed, subjects)) & set(known.restored.get("erased", ()))
    return {
        "restored_from": known.restored["taken_at"],
        "restored_at": known.restored["at"],
        "erased_anew": len(before),
    }
