"""The scope of one county: its size, time span and seed, and the values that follow from them for every chunk."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from conf.schema.errors import UsageError
from sandbox.county.random_streams import Stream

HISTORY_MONTHS = 12  # months simulated before the window, so that the first applicants have a history
FUTURE_MONTHS = 12  # months simulated after it, so that the truth has the outcome of pending loans
MAX_HOUSEHOLDS = 5_400_000  # for more, the three sequence digits of a resident ID aren't enough
PENDING_SHARE, PENDING_DAYS = 0.088, 30  # share of households with an undecided application in the last days
# the county's own time zone, in which everything is simulated; deliveries state moments in UTC
ZONE, AHEAD = "Asia/Shanghai", np.timedelta64(8, "h")
MAX_DEFECT_SHARE = 0.1  # failing shares of small files must stay below the contracts' limit
MAX_THIN_FILES = 0.6  # with more, no farm would be a long-standing customer


@dataclass(frozen=True)
class Scope:
    """A county to generate.

    Attributes:
        households: number of farm households.
        months: length of the observed window, which ends with `end`.
        seed: the same seed gives the same county.
        defect_share: share of defective rows added to the files.
        end: first day of which nothing is known; its midnight is the county's present moment.
        thin_files: share of newcomers among households; they come to the bank only months before their first loan.

    Raises:
        FieldstoneError: a value is out of its range.
    """

    households: int
    months: int
    seed: int
    defect_share: float
    end: date
    thin_files: float = 0.0

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("households", self.households, 1, MAX_HOUSEHOLDS),
            ("months", self.months, 6, 120),
            ("seed", self.seed, 0, 2**32 - 1),
            ("defect_share", self.defect_share, 0, MAX_DEFECT_SHARE),
            ("thin_files", self.thin_files, 0, MAX_THIN_FILES),
        ):
            if not low <= value <= high:
                raise UsageError(f"{name} is {value}; a sandbox county takes {low} to {high}")

    @property
    def chunk_households(self) -> int:
        """Households simulated together; more in huge counties, to keep the number of files down."""
        return 500 if self.households <= 200_000 else 2000

    @property
    def chunks(self) -> int:
        return -(-self.households // self.chunk_households)

    def households_of(self, chunk: int) -> int:
        """Number of households of a chunk; the last may be smaller."""
        return min(self.chunk_households, self.households - chunk * self.chunk_households)

    @property
    def as_of(self) -> np.datetime64:
        return np.datetime64(self.end, "s")

    @property
    def end_month(self) -> np.datetime64:
        return np.datetime64(self.end, "M")

    @property
    def start(self) -> np.datetime64:
        """First day of the observed window."""
        return (self.end_month - self.months).astype("datetime64[D]")

    @property
    def first_month(self) -> np.datetime64:
        """Month 0 of every simulated series, a year before the window."""
        return self.end_month - self.months - HISTORY_MONTHS

    @property
    def horizon(self) -> int:
        """Length of every simulated monthly series."""
        return HISTORY_MONTHS + self.months + FUTURE_MONTHS

    @property
    def drought_year(self) -> int:
        """The county's bad year: the one before the last full year."""
        return int(str(np.datetime64(self.end, "D") - 1)[:4]) - 1

    @property
    def last_days(self) -> np.datetime64:
        """The day after which applications stay pending until the end."""
        return self.as_of.astype("datetime64[D]") - PENDING_DAYS - 1

    def month_of(self, days: np.ndarray) -> np.ndarray:
        """Index of a day's month in the simulated series; may lie outside of it."""
        return (days.astype("datetime64[M]") - self.first_month).astype(int)

    def rng(self, chunk: int, stream: Stream, asset: int = 0) -> np.random.Generator:
        """Random generator of one stream of a chunk, which doesn't depend on draws from other streams.

        Args:
            chunk: number of the chunk.
            stream: the stream.
            asset: for a stream per delivered asset, the place of the asset in the order of delivery.
        """
        return np.random.default_rng(np.random.SeedSequence([self.seed, chunk, stream + asset]))
