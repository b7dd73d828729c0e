"""Aggregates: what a feature's function may compute from the records in its window, as Spark SQL text.

They are text, not `Column`, so that a feature set is collected, checked and shown in the catalogue without a session,
equal aggregates of different features are computed once, and both engines read the same expression. Functions and
keywords are written in upper case, so that every word in lower case is the name of a column.

Sums are exact: add decimals and integers, never doubles, whose sum depends on the order of the rows.
"""

import re
from dataclasses import dataclass, field, replace

from conf.schema.errors import ContractError
from features.engine.windows import DAY, Months, Span, Window

_NAME = re.compile(r"'[^']*'|(?<![\w.])([a-z_]\w*)")


def names(sql: str) -> set[str]:
    """The columns that an expression reads."""
    return set(_NAME.findall(sql)) - {""}


@dataclass(frozen=True)
class Aggregate:
    """One aggregate of a table's grouped aggregation.

    Attributes:
        function: SQL with `{}` in place of the value.
        value: SQL over one record; null if the record should not count.
        condition: SQL condition on a record, besides lying in the window.
        counted: (column, its SQL) of window functions over the records known at `as_of`.
    """

    function: str
    value: str
    condition: str
    window: Window
    counted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Records:
    """The records of one table that lie in a window; each method returns SQL for use in a feature's formula.

    If the applicant has records in the table but none that matches, sums and counts are 0. If she has none at all, they
    are null, because nothing is known; in a `complete` table they are 0 then, too, because it has every record.
    """

    table: str
    window: Window
    complete: bool = False
    counted: tuple[tuple[str, str], ...] = ()
    measures: dict[Aggregate, str] = field(default_factory=dict)
    condition: str = "TRUE"

    def where(self, condition: str) -> "Records":
        """The records that also meet an SQL condition."""
        return replace(self, condition=condition if self.condition == "TRUE" else f"{self.condition} AND ({condition})")

    def split(self) -> list["Records"]:
        """One group for each month or season of the window, youngest first.

        Raises:
            ContractError: the window has no such units.
        """
        if not isinstance(self.window, Span):
            raise ContractError(
                f"records of {self.table} can't be split, because {type(self.window).__name__} has no units; give a "
                "span "
                "such as Months(12) in windows="
            )
        return [replace(self, window=window) for window in self.window.split()]

    def sum(self, value: str) -> str:
        """Sum of a decimal or integer."""
        return self._total("COALESCE(SUM({}), 0)", value)

    def count(self) -> str:
        """Number of records."""
        return self._total("COUNT({})", "1")

    def max(self, value: str) -> str:
        """Largest value; null if there is no record."""
        return self._measure("MAX({})", value)

    def min(self, value: str) -> str:
        """Smallest value; null if there is no record."""
        return self._measure("MIN({})", value)

    def distinct(self, value: str) -> str:
        """Number of different values; for tables with few records per applicant."""
        return self._total("SIZE(COLLECT_SET({}))", value)

    def set(self, value: str) -> str:
        """The different values as an array; for tables with few records per applicant."""
        return self._measure("COLLECT_SET({})", value)

    def months(self) -> str:
        """Number of months with a record, counted back from `as_of`; the window must be of at most 63 `Months`."""
        if not isinstance(self.window, Months) or self.window.n > 63:
            raise TypeError("months() needs a window of Months(n), n <= 63")
        return self._total("BIT_COUNT(COALESCE(BIT_OR({}), 0L))", "SHIFTLEFT(1L, SHIFTRIGHT(_today - _day, 5))")

    def _total(self, function: str, value: str) -> str:
        measure = self._measure(function, value)
        return f"COALESCE({measure}, 0)" if self.complete else measure

    def _measure(self, function: str, value: str) -> str:
        measure = Aggregate(function, value, self.condition, self.window, self.counted)
        return self.measures.setdefault(measure, f"_{self.table}_{len(self.measures)}")


def ratio(part: str, whole: str) -> str:
    """`part / whole` as a double; null where the whole is 0 or unknown."""
    return f"CAST({part} AS DOUBLE) / NULLIF(CAST({whole} AS DOUBLE), 0D)"


def union_count(*sets: str) -> str:
    """Number of different values in all arrays together; a null array has none."""
    return f"SIZE(ARRAY_DISTINCT(FLATTEN(ARRAY_COMPACT(ARRAY({', '.join(sets)})))))"


def months_since(date: str) -> str:
    """Completed months from a date to the day of `as_of`."""
    return f"SHIFTRIGHT(_today - ({DAY.format(date)}), 5)"


def months_until(date: str) -> str:
    """Completed months from the day of `as_of` to a date."""
    return f"SHIFTRIGHT({DAY.format(date)} - _today, 5)"


def volatility(parts: list[str]) -> str:
    """Coefficient of variation: population standard deviation over the mean's absolute value.

    Null where the mean is 0. Computed from the sum and the sum of squares, in the order given.
    """
    doubles = [f"CAST({part} AS DOUBLE)" for part in parts]
    total, squares = " + ".join(doubles), " + ".join(f"{d} * {d}" for d in doubles)
    deviation = f"SQRT(GREATEST({len(parts)} * ({squares}) - ({total}) * ({total}), 0D))"
    return f"{deviation} / NULLIF(ABS({total}), 0D)"
