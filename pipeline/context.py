"""What every job is given; the lake is imported with the first look at it, for which a verb's help isn't to wait."""

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
        as_of: the moment whose data the run sees.
        clock: the present of the workspace, where the run looks back from it; None where `as_of` is the present.
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
        """The same for what has to reach all that is held: erasure, retention, exit.

        It knows contracts by which rows came in and that nobody declares any more.
        """
        from lake import contract_versions

        contracts = contract_versions.known(self.lake)
        return replace(self, workspace=replace(self.workspace, contracts=contracts))

    @property
    def zone(self) -> str:
        """Where the bank is: days are days of this zone."""
        return self.workspace.settings.time_zone

    @property
    def today(self) -> date:
        """The day of the run."""
        return day(self.as_of, self.zone)

    def local_time(self, moment: datetime) -> str:
        """A moment for a person: by the clocks of the bank, which are named."""
        return f"{local(moment, self.zone):%Y-%m-%d %H:%M} {self.zone}"

    @property
    def present(self) -> datetime:
        """The moment at which the run takes place, which is where nothing else was said the one whose data it sees."""
        return self.clock or self.as_of

    @property
    def is_backdated(self) -> bool:
        """Whether the run looks back: for an experiment or a backfill, never for what the present rests on."""
        return self.as_of < self.present

    def gold(self, table: str) -> str:
        """A table of gold as this run writes and reads it: one of its own where the run is back-dated."""
        return naming.dated(table, self.as_of) if self.is_backdated else table

    def require_clock(self, what: str) -> None:
        """Refuse a run as of another moment than the present, for what is stored, decided and shown is of the present.

        Args:
            what: is to be done, such as `ingest`.

        Raises:
            UsageError: it is another moment.
        """
        if self.as_of != self.present:
            raise UsageError(
                f"{what} works on the present, which is {self.present.isoformat()} here, and can't be run as of "
                f"{self.as_of.isoformat()}; leave --as-of out (build-features, train and consent can look back)"
            )

    def require_present(self, what: str) -> None:
        """Refuse a run that isn't of the present, or whose clock stands before what was received.

        Args:
            what: is to be done, such as `ingest`.

        Raises:
            SetupError, UsageError: it is as of another moment, or something was received more than a day after it; by
                less, for jobs run side by side for hours, each with the moment at which it began.
        """
        from lake.batch import last_receipt

        self.require_clock(what)
        received = last_receipt(self.lake)
        if received and received > self.as_of + _LONGEST_RUN:
            raise SetupError(
                f"the clock of this run stands at {self.as_of.isoformat()}, but a batch was received at "
                f"{received.isoformat()}; set the clock (or FIELDSTONE_AS_OF) right, or wait until it is past that"
            )
