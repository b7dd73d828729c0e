"""The context of every job; the lake is imported at its first use, so that a verb's help doesn't wait for it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from conf.schema import naming
from conf.schema.clock import day, local
from conf.schema.errors import SetupError, UsageError
from conf.schema.workspace import Workspace

if TYPE_CHECKING:
    from lake.audit import Trail
    from lake.tables import Lake
    from lake.vault import Vault

_LONGEST_RUN = timedelta(days=1)


@dataclass(frozen=True)
class Context:
    """A workspace, its lake, and the moments of a run (UTC).

    Attributes:
        as_of: the moment whose data the run uses.
        clock: the present of the workspace in a back-dated run; None if `as_of` is the present.
    """

    workspace: Workspace
    as_of: datetime
    clock: datetime | None = None

    @cached_property
    def lake(self) -> "Lake":
        from lake.tables import Lake

        return Lake(self.workspace)

    @cached_property
    def vault(self) -> "Vault":
        from lake import pseudonym
        from lake.masters import load_secrets
        from lake.vault import Vault

        vault = Vault(self.lake, load_secrets(self.workspace.settings))
        pseudonym.require(vault)
        return vault

    @cached_property
    def trail(self) -> "Trail":
        from lake import legacy_trail

        return legacy_trail.taken_over(self.vault)

    @property
    def reaching_all(self) -> "Context":
        """The same context for jobs that must reach all stored rows: erasure, retention, exit.

        It also has the contracts that are no longer declared and by which rows were ingested.
        """
        from lake import contract_versions

        contracts = contract_versions.known(self.lake)
        return replace(self, workspace=replace(self.workspace, contracts=contracts))

    @property
    def zone(self) -> str:
        """The bank's time zone, in which days begin and end."""
        return self.workspace.settings.time_zone

    @property
    def today(self) -> date:
        """The day of the run."""
        return day(self.as_of, self.zone)

    def local_time(self, moment: datetime) -> str:
        """A moment as text in the bank's local time, with the zone's name."""
        return f"{local(moment, self.zone):%Y-%m-%d %H:%M} {self.zone}"

    @property
    def present(self) -> datetime:
        """The moment at which the run takes place; it is `as_of` unless the run is back-dated."""
        return self.clock or self.as_of

    @property
    def is_backdated(self) -> bool:
        """Whether the run is back-dated: for an experiment or a backfill, never as a basis of present results."""
        return self.as_of < self.present

    def gold(self, table: str) -> str:
        """The name of a gold table for this run; a back-dated run has its own tables."""
        return naming.dated(table, self.as_of) if self.is_backdated else table

    def require_clock(self, what: str) -> None:
        """Refuse a run as of another moment than the present, because jobs store, decide and show the present only.

        Args:
            what: is to be done, such as `ingest`.

        Raises:
            UsageError: the run is as of another moment.
        """
        if self.as_of != self.present:
            raise UsageError(
                f"{what} works on the present, which is {self.present.isoformat()} here, and can't be run as of "
                f"{self.as_of.isoformat()}; leave --as-of out (build-features, train and consent can look back)"
            )

    def require_present(self, what: str) -> None:
        """Refuse a run that isn't of the present, or whose clock is earlier than the last received data.

        Args:
            what: is to be done, such as `ingest`.

        Raises:
            SetupError, UsageError: it is as of another moment, or data were received over a day after it; a shorter
                time is normal, because jobs run in parallel for hours, each with the moment at which it began.
        """
        from lake.batch import last_receipt

        self.require_clock(what)
        received = last_receipt(self.lake)
        if received and received > self.as_of + _LONGEST_RUN:
            raise SetupError(
                f"the clock of this run stands at {self.as_of.isoformat()}, but a batch was received at "
                f"{received.isoformat()}; set the clock (or FIELDSTONE_AS_OF) right, or wait until it is past that"
            )
