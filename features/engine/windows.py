"""Windows: which records of a table a feature looks at, seen from the moment `as_of`.

A window is Spark SQL over a joined row: the columns of the record (after its clocks) and of the spine (`as_of` and
`SPINE_CLOCKS`). Whatever the window, only records that had happened and were known before `as_of` are ever joined;
`features.engine.assemble` sees to that. A workspace may declare windows of its own, as `features/farm_windows.py` does;
columns that their `clocks` add begin with `_`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.clock import local_sql
from conf.schema.errors import ContractError

# A calendar day as one integer in which every month is 32 days long: the difference of two, divided by 32 and rounded
# down, is the age in completed months, so that a month window is a single comparison of integers.
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
    """What every window says of itself; fields of the window fill the slots of the texts.

    Attributes:
        suffix_text: ending of the feature's column name, empty where the window goes without saying.
        en_text, zh_text: how the window reads in a description.
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
        """A span outside which no record can lie in this one, so that the join drops it early; None: everything."""
        return None

    @property
    def clock(self) -> "Window":
        """The window whose clocks serve this one as well."""
        return self

    def clocks(self, rows: DataFrame, zone: str) -> DataFrame:
        """Add to the records of a table the columns that `contains` reads and that don't depend on `as_of`."""
        return rows

    def ranks(self, key: Iterable[str]) -> dict[str, str]:
        """Columns that `contains` reads and that are counted among the records known at `as_of`: SQL by name.

        `key` is the table's primary key, which breaks ties.
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
    """The youngest `n` units of a clock, less the youngest `skip`; made as `Months` or as a workspace's own span."""

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
    """Records of the last `n` months: less than `n` completed months old on the day of `as_of`."""

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

    They are ranked by business time among the records known at `as_of`, so that an old record that is reported late
    takes no younger one's place. The limit of age ends what nobody continues: a closed account, a herd given up.

    Attributes:
        n: records of each series; all versions of a record count as one.
        of: columns that name a series, e.g. an account or a herd.
        months: completed months of age that a record hasn't reached on the day of `as_of`.
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
        months: completed months of age that it hasn't reached on the day of `as_of`; None: however old.
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
    """SQL that a record must fulfil to be in any of the windows; TRUE when one of them reaches back without limit."""
    reaches = {window.reach for window in windows}
    spans = {reach for reach in reaches if reach}
    if spans != reaches:
        return "TRUE"
    widest = {type(span): span for span in sorted(spans, key=lambda span: (type(span).__name__, span.n))}
    return " OR ".join(span.contains for span in widest.values())
