"""Windows of farming: growing seasons, and breeding cycles of herds."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.engine.windows import Last, Span


@dataclass(frozen=True)
class Seasons(Span):
    """Records of the last `n` completed growing seasons, from a column `season` like `2024-spring`.

    A season is complete once its harvest is in and reported: spring of year Y in December of Y, autumn (sown in
    autumn, harvested in early summer) in August of Y + 1, a year of perennial crops in March of Y + 1. A season counts
    as half a year, so `Seasons(2)` covers the last spring, the last autumn and the last year of perennials.
    """

    suffix_text, en_text, zh_text = "{n}s", "last {n} completed growing seasons", "最近{n}个完整种植季"

    @property
    def reads(self) -> tuple[str, ...]:
        return ("season",)

    @property
    def contains(self) -> str:
        return f"_month - _season_closed >= {6 * self.skip} AND _month - _season_closed < {6 * self.n}"

    def clocks(self, rows: DataFrame, zone: str) -> DataFrame:
        closes = "CASE SUBSTRING(season, 6) WHEN 'spring' THEN 12 WHEN 'perennial' THEN 15 WHEN 'autumn' THEN 20 END"
        return rows.withColumn("_season_closed", F.expr(f"CAST(SUBSTRING(season, 1, 4) AS INT) * 12 + {closes}"))


@dataclass(frozen=True)
class Cycles(Last):
    """The last `n` completed breeding cycles of each herd."""

    months: int = 36
    suffix_text = "{n}c"
    en_text, zh_text = "last {n} cycles of each herd within {months} months", "{months}个月内每个畜群最近{n}个养殖批次"
