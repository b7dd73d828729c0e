"""Views of tables for people: through the consent gate, masked by the rules of their role."""

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf.schema import record_key
from conf.schema.contract import Purpose
from conf.schema.errors import UsageError
from conf.schema.masks import STARS
from conf.schema.naming import parse
from conf.schema.roles import Role, Sight
from conf.schema.workspace import Workspace
from lake.tables import Lake

# They name a row, or say when it was, and tell nothing else of anybody.
_KEYS = ("subject_key", "consent_id", "consent_ids", "application_id", "as_of", record_key.NAME)


def view(lake: Lake, table: str, *, purpose: Purpose, as_of: datetime, role_name: str | None = None) -> DataFrame:
    """A table as the settings' operator may look at it, for notebooks and consoles; jobs use `Lake.read`.

    Args:
        table: of bronze, silver or gold.
        purpose: what for.
        as_of: the moment, UTC.
        role_name: the role that the operator claims; the first that is held unless given.

    Returns:
        The rows that may be read for the purpose. A masked column is text, stars in place of its values; a hidden one
        isn't there, nor are the lake's technical columns. A column of gold is made of several, so it counts as C2.

    Raises:
        ContractError, UsageError: the operator doesn't hold the role, or it may not look at the table for the purpose.
    """
    if parse(table).layer not in ("bronze", "silver", "gold"):
        raise UsageError(f"{table} can't be viewed; tables of bronze, silver and gold can")
    role = lake.workspace.roles.role_of(lake.workspace.settings.operator, role_name)
    role.require(purpose)
    rows = lake.read(table, purpose=purpose, as_of=as_of)
    sights = {name: _sight(lake.workspace, table, name, role) for name in rows.columns}
    return rows.select(*[_shown(name, sight) for name, sight in sights.items() if sight is not Sight.HIDDEN])


def _sight(workspace: Workspace, table: str, name: str, role: Role) -> Sight:
    if name.startswith("_"):
        return Sight.HIDDEN
    if name in _KEYS:
        return Sight.PLAIN
    if parse(table).layer == "gold":
        return role.classes["C2"]
    contract = workspace.contract(parse(table).contract)
    # these two repeat a column of the contract, or say when the row was received
    happened = contract.event_time or contract.published
    declared = {"event_time": happened, "known_at": contract.published}.get(name, name)
    return role.sight(contract.columns[declared]) if declared else Sight.PLAIN


def _shown(name: str, sight: Sight) -> Column:
    return F.when(F.col(name).isNotNull(), STARS).alias(name) if sight is Sight.MASKED else F.col(name)
