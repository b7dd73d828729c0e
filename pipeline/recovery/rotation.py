"""Puts the lake under a new master key, without writing sealed data again."""

import logging

from conf.schema.errors import SetupError
from lake import rotation
from pipeline.context import Context
from pipeline.erasure.erasure_steps import undisturbed
from pipeline.results.governance import KeysRotated

LOG = logging.getLogger(__name__)


def rotate(context: Context) -> KeysRotated:
    """Wrap all data keys under the new master key; an interrupted rotation can simply be repeated.

    Raises:
        FieldstoneError: the new master key is missing, or a master key that the lake still needs is.
    """
    vault, operator = context.vault, context.workspace.settings.operator
    ring = [master.key_id for master in vault.secrets.masters.ring]
    if len(set(ring)) < 2:
        raise SetupError(
            f"the lake uses the master key {ring[0]}, but no new one is set; set both, the new one by "
            "FIELDSTONE_NEW_MASTER_KEY or new_master_from"
        )
    vault.require_masters()
    context.trail.record(operator, "vault rotate", to=ring[-1])
    with undisturbed(context):
        counts = rotation.rewrap(vault)
    context.trail.record(operator, "vault rotated", to=ring[-1], keys=counts)
    LOG.info(
        f"vault: {sum(counts.values()):,} keys wrapped again, all by {ring[-1]}; set that one as the master key from "
        "now on, and destroy the former"
    )
    return KeysRotated(ring[-1], counts)
