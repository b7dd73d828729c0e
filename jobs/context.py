"""What every job is given."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from conf.workspace import Workspace
from lake.audit import Trail
from lake.masters import load_secrets
from lake.tables import Lake
from lake.vault import Vault


@dataclass(frozen=True)
class Context:
    """A workspace, its lake, and the moment that the run takes as now (UTC)."""

    workspace: Workspace
    as_of: datetime

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.workspace)

    @cached_property
    def vault(self) -> Vault:
        return Vault(self.lake, load_secrets(self.workspace.settings))

    @cached_property
    def trail(self) -> Trail:
        return Trail(self.lake, self.vault)
