"""What every job is given."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from conf.errors import FieldstoneError
from conf.workspace import Workspace
from lake.audit import Trail
from lake.masters import load_secrets
from lake.tables import Lake
from lake.vault import Vault

_LONGEST_RUN = timedelta(days=1)


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

    def require_present(self) -> None:
        """Refuse a run whose clock stands before what was received: it would judge rows by consents of the past.

        Raises:
            FieldstoneError: something was received more than a day after `as_of`; by less, for jobs run side by side
                for hours, each with the moment at which it began.
        """
        received = [batch["received_at"] for batch in self.lake.records("audit__batches")]
        if received and max(received) > self.as_of + _LONGEST_RUN:
            raise FieldstoneError(
                f"the clock of this run stands at {self.as_of.isoformat()}, but a batch was received at "
                f"{max(received).isoformat()}; set the clock (or FIELDSTONE_AS_OF) right, or wait until it is past that"
            )
