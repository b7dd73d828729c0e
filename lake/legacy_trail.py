"""Trails from before they had a key of their own, a head under a MAC and an anchor: each is taken over once.

Their key lay in the vault. It comes out of there, and the entries stay as they are.
"""

import logging

from conf.schema.errors import IntegrityError, SetupError
from lake import audit, keyfiles, raw_access, seals
from lake.audit import HEAD, REMEDY, TRAIL, Trail
from lake.vault import OWN_KEYS, Vault

LOG = logging.getLogger(__name__)

_KEY, _TAKE_OVER = "audit-trail", "take over trail"


def taken_over(vault: Vault) -> Trail:
    """The trail of a lake; one of before is taken over first, which is said and stands in it.

    Raises:
        FieldstoneError: another key is given for it, or it isn't whole.
    """
    lake = vault.lake
    if not (lake.exists(OWN_KEYS) and lake.records(OWN_KEYS, name=_KEY)):
        return _begun(audit.opened(lake))
    with lake.lock(TRAIL, wait_seconds=600):
        if not lake.records(OWN_KEYS, name=_KEY):  # another process has taken it over meanwhile
            return audit.opened(lake)
        trail = _with_its_key(vault)
        entries = trail.stored()
        if findings := _findings(trail, entries):
            raise IntegrityError(f"the audit trail is broken: {'; '.join(findings)}. Nothing was written. {REMEDY}")
        trail.settle(entries)
        lake.delete(OWN_KEYS, {"name": {_KEY}})
        raw_access.purge(lake, OWN_KEYS)
    settings = lake.workspace.settings
    trail.record(settings.operator, _TAKE_OVER, entries=len(entries), seals=seals.take_over(trail))
    where = keyfiles.named(settings, "trail") if settings.trail_from == "env" else settings.trail_from
    LOG.info(f"audit: the trail has a key of its own now ({where}) and is anchored outside ({settings.anchor_place})")
    return trail


def _begun(trail: Trail) -> Trail:
    """Where nothing stands in the trail and there is what it should seal, it is of before, and is sealed as it lies."""
    is_of_before = seals.tables(trail.lake) and not trail.entries() and not trail.anchor.lines()
    if is_of_before and (kept := [seal for seal in seals.take_over(trail) if seal["rows"]]):
        trail.record(trail.lake.workspace.settings.operator, _TAKE_OVER, entries=0, seals=kept)
        LOG.info(f"audit: {sum(seal['rows'] for seal in kept):,} earlier rows are sealed as they are now")
    return trail


def _with_its_key(vault: Vault) -> Trail:
    settings, secret = vault.lake.workspace.settings, vault.own_key(_KEY).secret
    if settings.trail_from == "env" and not keyfiles.exists(settings, "trail"):
        keyfiles.keep(settings, "trail", secret)
    trail = audit.opened(vault.lake)
    if trail.key != secret:
        raise SetupError(
            "the audit trail of this lake has an earlier key in its vault, but another one is set; unset "
            "FIELDSTONE_TRAIL_KEY and trail_from for one run, which writes the earlier key to a file, and set that "
            "one afterwards. Nothing was written"
        )
    return trail


def _findings(trail: Trail, entries: list[audit.Entry]) -> list[str]:
    """What is wrong, by the head of before: number and link of the last entry, or after a crash of the one before."""
    head = trail.lake.workspace.settings.home / HEAD
    parts = head.read_text().split() if head.exists() else []
    if len(parts) != 2 or trail.anchor.lines():
        return trail.findings(entries)
    number, link = int(parts[0]), parts[1]
    if number > len(entries):
        return [f"entries after {len(entries)} are missing"]
    return trail.chain(entries) or ([] if entries[number - 1].link == link else [f"entry {number} was replaced"])
