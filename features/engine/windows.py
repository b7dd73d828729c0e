"""Windows: which records of a table a feature is computed from, relative to the moment `as_of`.

A window is Spark SQL over a joined row: the columns of the record (after its clocks) and of the spine (`as_of` and
`SPINE_CLOCKS`). In every window, only records that had happened and were known before `as_of` are joined;
`features.engine.assemble` ensures this. A workspace may declare windows of its own, like `features/farm_windows.py`;
names of the columns that their `clocks` add begin with `_`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.clock import local_sql
from conf.schema.errors import ContractError

# A calendar day as one integer in which every month has 32 days. The difference of two such days, divided by 32 and
# rounded down, is the age in completed months, so a month window is a single comparison of integers.
DAY = "((YEAR({0}) * 12 + MONTH({0})) * 32 + DAY({0}))"

SPINE_CLOCKS = {"_today", "_date", "_month"}
# Names that an expression may read beside a contract's own columns.
CLOCKS = {"as_of", "event_time", "known_at", "_day", *SPINE_CLOCKS}


def spine_clocks(zone: str) -> dict[str, str]:
    """SQL of `SPINE_CLOCKS`: the day of `as_of` in a zone, as `DAY` has it and as a date, and its month."""
    now = local_sql("as_of", zone)
    return {
        "_today": DAY.format(now),
        "_date": f"CAST({now} AS DATE)",
        "_month": f"YEAR({now}) * 12 + MONTH({now})",
    }


@dataclass(frozen=True)
class Window:
    """Base class of windows; the fields of a window fill the slots of its texts.

    Attributes:
        suffix_text: ending of the feature's column name; empty if the name doesn't mention the window.
        en_text, zh_text: text for the window in a description.
    """

    suffix_text: ClassVar[str] = ""
    en_text: ClassVar[str] = ""
    zh_text: ClassVar[str] = ""

    @property
    def suffix(self) -> str:
        return self.suffix_text.format_map(vars(self))

    @property
    def en(self) -> str:
        return self.en_text.format_map(vars(self))

    @property
    def zh(self) -> str:
        return self.zh_text.format_map(vars(self))

    @property
    def contains(self) -> str:
        """SQL that is true for a record inside the window."""
        return "TRUE"

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the record that `clocks` and `ranks` need."""
        return ()

    @property
    def reach(self) -> "Span | None":
        """A span that contains this window, so that the join can drop older records early; None if there is none."""
        return None

    @property
    def clock(self) -> "Window":
        """The window whose clock columns this one uses."""
        return self

    def clocks(self, rows: DataFrame, zone: str) -> DataFrame:
        """Add to a table's records the columns that `contains` reads, as far as they don't depend on `as_of`."""
        return rows

    def ranks(self, key: Iterable[str]) -> dict[str, str]:
        """Window functions that `contains` reads, over the records known at `as_of`: column name → SQL.

        `key` is the table's primary key, which decides between equal records.
        """
        return {}


@dataclass(frozen=True)
class Ever(Window):
    """Every record, however old."""

    en_text, zh_text = "ever", "历史全部"


@dataclass(frozen=True)
class Valid(Window):
    """Records in force on the day of `as_of`.

    Attributes:
        since: SQL of the first day.
        until: SQL of the day after the last; null is open.
    """

    since: str = "valid_from_date"
    until: str = "valid_to_date"
    en_text, zh_text = "in force on the day", "当日有效"

    @property
    def contains(self) -> str:
        return f"{self.since} <= _date AND ({self.until} IS NULL OR _date < {self.until})"


@dataclass(frozen=True)
class Span(Window):
    """The youngest `n` units of a clock, without the youngest `skip`; base class of `Months` and of own spans."""

    n: int
    skip: int = 0

    def __post_init__(self):
        if not 0 <= self.skip < self.n:
            raise ContractError(f"{type(self).__name__}({self.n}, skip={self.skip}): give n > skip >= 0")

    @property
    def reach(self) -> Self:
        return type(self)(self.n)

    @property
    def clock(self) -> "Window":
        return type(self)(1)

    def split(self) -> list[Self]:
        """One window for each unit, youngest first."""
        return [type(self)(k + 1, k) for k in range(self.skip, self.n)]


@dataclass(frozen=True)
class Months(Span):
    """Records of the last `n` months: those less than `n` completed months old on the day of `as_of`."""

    suffix_text, en_text, zh_text = "{n}m", "last {n} months", "近{n}个月"

    @property
    def contains(self) -> str:
        youngest = f"_today - _day >= {32 * self.skip} AND " if self.skip else ""
        return f"{youngest}_today - _day < {32 * self.n}"

    def clocks(self, rows: DataFrame, zone: str) -> DataFrame:
        return rows.withColumn("_day", F.expr(DAY.format(local_sql("event_time", zone))))


@dataclass(frozen=True)
class Last(Window):
    """The `n` records of each series that happened last, none of them older than `months`.

    The records known at `as_of` are ranked by business time, so that an old record that is reported late doesn't
    displace a younger one. The age limit drops series that have ended, such as a closed account or a herd given up.

    Attributes:
        n: records of each series; all versions of a record count as one.
        of: columns that name a series, e.g. an account or a herd.
        months: age limit; on the day of `as_of`, a record is less than so many completed months old.
    """

    n: int
    of: tuple[str, ...]
    months: int
    en_text, zh_text = "last {n} within {months} months", "{months}个月内最近{n}次"

    @property
    def reads(self) -> tuple[str, ...]:
        return self.of

    @property
    def _rank(self) -> str:
        return f"_rank_{'_'.join(self.of)}"

    @property
    def contains(self) -> str:
        return f"{self._rank} <= {self.n} AND {self.reach.contains}"

    @property
    def reach(self) -> Months:
        return Months(self.months)

    @property
    def clock(self) -> Window:
        return self.reach.clock

    def ranks(self, key: Iterable[str]) -> dict[str, str]:
        series, ties = ", ".join(self.of), "".join(f", {column} DESC" for column in key)
        return {self._rank: f"ROW_NUMBER() OVER (PARTITION BY application_id, {series} ORDER BY event_time DESC{ties})"}


@dataclass(frozen=True)
class Newest(Window):
    """The one record that happened last, among those known at `as_of`.

    Attributes:
        months: age limit; on the day of `as_of`, the record is less than so many completed months old. None: no limit.
    """

    months: int | None = None
    en_text, zh_text = "newest", "最新"

    @property
    def contains(self) -> str:
        return "_rank_newest = 1" + (f" AND {self.reach.contains}" if self.reach else "")

    @property
    def reach(self) -> Months | None:
        return Months(self.months) if self.months else None

    @property
    def clock(self) -> Window:
        return self.reach.clock if self.reach else self

    def ranks(self, key: Iterable[str]) -> dict[str, str]:
        ties = "".join(f", {column} DESC" for column in key)
        return {"_rank_newest": f"ROW_NUMBER() OVER (PARTITION BY application_id ORDER BY event_time DESC{ties})"}


def bound(windows: Iterable[Window]) -> str:
    """SQL condition that holds for all records of any of the windows; TRUE if one of them has no limit of age."""
    reaches = {window.reach for window in windows}
    spans = {reach for reach in reaches if reach}
    if spans != reaches:
        return "TRUE"
    widest = {type(span): span for span in sorted(spans, key=lambda span: (type(span).__name__, span.n))}
    return " OR ".join(span.contains for span in widest.values())
