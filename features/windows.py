"""Windows: which records of a table a feature looks at, seen from the moment `as_of`.

A window is Spark SQL over a joined row: the columns of the record (after its clocks, see `rows`) and of the spine
(`as_of` and the clocks in `SPINE_CLOCKS`). Whatever the window, only records that had happened and were known before
`as_of` are ever joined; `features.assemble` sees to that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from pyspark.sql import DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from conf.errors import FieldstoneError

# A calendar day as one integer in which a month is 32 days long: the difference of two of them, divided by 32 and
# rounded down, is the age in completed months, so a month window is a single comparison of integers.
DAY = "(YEAR({0}) * 12 + MONTH({0})) * 32 + DAY({0})"

SPINE_CLOCKS: dict[str, str] = {
    "_today": DAY.format("as_of"),
    "_date": "CAST(as_of AS DATE)",
    # spring of year Y counts from December of Y, autumn of Y from August of Y + 1: harvested and reported
    "_season_closed": "YEAR(as_of) * 2 - 2 + CAST(MONTH(as_of) >= 8 AS INT) + CAST(MONTH(as_of) >= 12 AS INT)",
}

# Names that an expression may read beside a contract's own columns.
CLOCKS = {"as_of", "event_time", "known_at", "_day", "_season", *SPINE_CLOCKS}


class Window(Protocol):
    """What every window says of itself.

    Attributes:
        suffix: ending of the feature's column name, empty where the window goes without saying.
        en, zh: how the window reads in a description.
        contains: SQL that is true for a record inside the window.
        reads: columns of the record that `clocks` needs.
        bounded: no record outside `contains` matters to any feature; lets the join drop old records early.
    """

    suffix: str
    en: str
    zh: str
    reads: tuple[str, ...]
    bounded: ClassVar[bool]

    @property
    def contains(self) -> str: ...

    @property
    def clock(self) -> "Window":
        """The window whose clocks serve this one."""
        ...

    def clocks(self, rows: DataFrame, key: list[str]) -> DataFrame:
        """Add to the records of a table, once, the columns that `contains` reads; `key` is their primary key."""
        ...


@dataclass(frozen=True)
class _Span:
    """The youngest `n` units of a clock, less the youngest `skip`."""

    n: int
    skip: int = 0
    bounded: ClassVar[bool] = True

    def __post_init__(self):
        if not 0 <= self.skip < self.n:
            raise FieldstoneError(f"{type(self).__name__}({self.n}, skip={self.skip}): give n > skip >= 0")

    @property
    def clock(self) -> "_Span":
        return type(self)(1)

    def split(self) -> list["_Span"]:
        """One window for each unit, youngest first."""
        return [type(self)(k + 1, k) for k in range(self.skip, self.n)]


@dataclass(frozen=True)
class Months(_Span):
    """Records of the last `n` months: less than `n` completed months old on the day of `as_of`."""

    reads: ClassVar[tuple[str, ...]] = ()

    @property
    def suffix(self) -> str:
        return f"{self.n}m"

    @property
    def en(self) -> str:
        return f"last {self.n} months"

    @property
    def zh(self) -> str:
        return f"近{self.n}个月"

    @property
    def contains(self) -> str:
        youngest = f"_today - _day >= {self.skip * 32} AND " if self.skip else ""
        return f"{youngest}_today - _day < {self.n * 32}"

    def clocks(self, rows: DataFrame, key: list[str]) -> DataFrame:
        return rows.withColumn("_day", F.expr(DAY.format("event_time")))


@dataclass(frozen=True)
class Seasons(_Span):
    """Records of the last `n` completed growing seasons, two a year, from a column `season` like `2024-spring`.

    A season is complete when its harvest is in and reported: spring of Y in December of Y, autumn of Y (sown in
    autumn, harvested in the next early summer) in August of Y + 1. Perennial crops count with the year's spring.
    """

    reads: ClassVar[tuple[str, ...]] = ("season",)

    @property
    def suffix(self) -> str:
        return f"{self.n}s"

    @property
    def en(self) -> str:
        return f"last {self.n} completed growing seasons"

    @property
    def zh(self) -> str:
        return f"最近{self.n}个完整种植季"

    @property
    def contains(self) -> str:
        return f"_season <= _season_closed - {self.skip} AND _season > _season_closed - {self.n}"

    def clocks(self, rows: DataFrame, key: list[str]) -> DataFrame:
        year, autumn = "CAST(SUBSTRING(season, 1, 4) AS INT)", "CAST(season LIKE '%autumn' AS INT)"
        return rows.withColumn("_season", F.expr(f"{year} * 2 + {autumn}"))


@dataclass(frozen=True)
class Last:
    """The `n` records of each series that became known last.

    Attributes:
        n: records of each series; all versions of a record count as one.
        of: columns that name a series, e.g. an account or a herd.
    """

    n: int
    of: tuple[str, ...]
    suffix: ClassVar[str] = ""
    bounded: ClassVar[bool] = False

    @property
    def en(self) -> str:
        return "latest" if self.n == 1 else f"last {self.n}"

    @property
    def zh(self) -> str:
        return "最近一次" if self.n == 1 else f"最近{self.n}次"

    @property
    def reads(self) -> tuple[str, ...]:
        return self.of

    @property
    def clock(self) -> "Last":
        return self

    @property
    def _gone(self) -> str:
        return f"_gone_after_{self.n}"

    @property
    def contains(self) -> str:
        return f"({self._gone} IS NULL OR as_of < {self._gone})"

    def clocks(self, rows: DataFrame, key: list[str]) -> DataFrame:
        """Add the moment at which `n` younger records of the series were known, so that this one dropped out."""
        series = Over.partitionBy(*self.of)
        known = rows.withColumn("_known_first", F.min("_usable_at").over(Over.partitionBy(*key)))
        ranked = known.withColumn("_rank", F.dense_rank().over(series.orderBy("_known_first", *key)))
        nth_younger = F.min("_known_first").over(series.orderBy("_rank").rangeBetween(self.n, self.n))
        return ranked.withColumn(self._gone, nth_younger)


@dataclass(frozen=True)
class Cycles(Last):
    """The last `n` completed breeding cycles of each herd (household and species)."""

    of: tuple[str, ...] = ("household_no", "species_code")

    @property
    def suffix(self) -> str:
        return f"{self.n}c"

    @property
    def en(self) -> str:
        return f"last {self.n} completed cycles of each herd"

    @property
    def zh(self) -> str:
        return f"每个畜群最近{self.n}个养殖周期"


@dataclass(frozen=True)
class Valid:
    """Records in force on the day of `as_of`.

    Attributes:
        since: SQL of the first day.
        until: SQL of the day after the last; null is open.
    """

    since: str = "valid_from_date"
    until: str = "valid_to_date"
    suffix: ClassVar[str] = ""
    en: ClassVar[str] = "in force on the day"
    zh: ClassVar[str] = "当日有效"
    reads: ClassVar[tuple[str, ...]] = ()
    bounded: ClassVar[bool] = False

    @property
    def clock(self) -> "Ever":
        return Ever()

    @property
    def contains(self) -> str:
        return f"{self.since} <= _date AND ({self.until} IS NULL OR _date < {self.until})"

    def clocks(self, rows: DataFrame, key: list[str]) -> DataFrame:
        return rows


@dataclass(frozen=True)
class Ever:
    """Every record, however old."""

    suffix: ClassVar[str] = ""
    en: ClassVar[str] = "ever"
    zh: ClassVar[str] = "历史全部"
    reads: ClassVar[tuple[str, ...]] = ()
    contains: ClassVar[str] = "TRUE"
    bounded: ClassVar[bool] = False

    @property
    def clock(self) -> "Ever":
        return self

    def clocks(self, rows: DataFrame, key: list[str]) -> DataFrame:
        return rows


def bound(windows: Iterable[Window]) -> str:
    """SQL that a record must fulfil to be in any of the windows; TRUE when one of them reaches back without limit."""
    windows = sorted(set(windows), key=lambda w: (type(w).__name__, getattr(w, "n", 0)))
    if not all(window.bounded for window in windows):
        return "TRUE"
    widest = {type(window): type(window)(window.n) for window in windows}
    return " OR ".join(window.contains for window in widest.values())
