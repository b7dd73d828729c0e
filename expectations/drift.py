"""Histograms of a batch's values, and how far they have moved from those of earlier batches.

The bins of a column follow from its contract alone. So batches can be compared, nothing is learnt from the values, and
no edge of a bin is the value of a person.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyspark.sql import Column
from pyspark.sql import functions as F
from scipy.special import rel_entr

from conf.schema import contract
from conf.schema.contract import Contract

_FINE, _COARSE = (1, 1.5, 2.2, 3.3, 4.7, 6.8), (1, 2, 5)  # bin edges within a decade
_FINE_DECADES, _DECADES = 5, 8
_UNBOUNDED = 1e9
_LEAST_SHARE = 0.1  # share of the reference in a group of bins; the index is usually computed over ten groups


@dataclass(frozen=True)
class Histogram:
    """How many of a column's values fall into each bin; the last bin counts the rows without a value.

    Attributes:
        bins: text that describes the bins; only histograms with equal `bins` can be compared.
        psi: population stability index against earlier batches; None where there are too few rows to compare.
    """

    column: str
    bins: str
    counts: tuple[int, ...]
    psi: float | None = None


@dataclass(frozen=True)
class Bins:
    """The bins of a column: one up to each of `edges`, or one for each of `values`."""

    column: str
    edges: tuple[float, ...] = ()
    values: tuple[str | bool, ...] = ()

    @property
    def text(self) -> str:
        """A short description, by which bins are compared."""
        if self.values:
            return ", ".join(map(str, self.values))
        return f"{len(self.edges)} edges from {self.edges[0]:g} to {self.edges[-1]:g}"

    def counters(self, is_counted: Column) -> list[Column]:
        """Named aggregates over the counted rows: values up to each edge or equal to each value, and all values.

        Numbers are compared as doubles, because both engines do that in the same way.
        """
        column = F.col(self.column)
        holds = [column == value for value in self.values] or [column.cast("double") <= edge for edge in self.edges]
        counted = [F.count_if(is_counted & each) for each in [*holds, column.isNotNull()]]
        return [each.alias(self._name(place)) for place, each in enumerate(counted)]

    def histogram(self, counted: Mapping[str, Any], rows: int, min_cell: int) -> Histogram:
        """Histogram of `rows` rows from the counters' results; bins of fewer than `min_cell` rows count as empty."""
        *within, there = (counted[self._name(place)] for place in range(len(self.edges + self.values) + 1))
        within = within if self.values else [*np.diff([0, *within]), there - within[-1]]
        kept = (int(n) if n >= min_cell else 0 for n in [*within, rows - there])
        return Histogram(self.column, self.text, tuple(kept))

    def _name(self, place: int) -> str:
        return f"{self.column} {place}"


def bins_of(entry: Contract) -> list[Bins]:
    """Bins of the columns whose histogram is useful: numbers, flags and codes, but no keys and no protected columns."""
    left_out = {*entry.primary_key, *(n for n, c in entry.stored.items() if c.pseudonym or c.protected)}
    histograms = [_bins(name, column) for name, column in entry.stored.items() if name not in left_out]
    return [each for each in histograms if each]


def psi(earlier: Sequence[Histogram], histogram: Histogram, min_rows: int) -> float | None:
    """Population stability index of a batch against earlier ones: below 0.1 fine, above 0.25 act.

    Neighbouring bins are merged until a group holds a tenth of the reference, so that a few rows can't raise an
    alarm. Return None if either side has fewer than `min_rows` rows.
    """
    alike = [other.counts for other in earlier if (other.column, other.bins) == (histogram.column, histogram.bins)]
    expected = np.sum(np.array([*alike, (0,) * len(histogram.counts)], int), axis=0)
    actual = np.array(histogram.counts)
    rows = min(expected.sum(), actual.sum())
    if rows < min_rows:
        return None
    starts = _group_starts(expected)
    # an empty group counts as half a row of the smaller side, because the logarithm of zero isn't defined
    expected, actual = (
        np.maximum(np.add.reduceat(side, starts) / side.sum(), 0.5 / rows) for side in (expected, actual)
    )
    return float(np.sum(rel_entr(expected, actual) + rel_entr(actual, expected)))


def _group_starts(expected: np.ndarray) -> list[int]:
    """Indices where groups of neighbouring bins begin: a bin with enough rows is a group, rare bins are merged.

    A rare or empty bin isn't merged with a full neighbour, so that values which move into it are noticed.
    """
    starts, mass, least = [0], 0, _LEAST_SHARE * expected.sum()
    for place, count in enumerate(expected[1:], 1):
        mass += expected[place - 1]
        if max(mass, count) >= least:
            starts.append(place)
            mass = 0
    return starts


def _bins(name: str, column: contract.Column) -> Bins | None:
    if column.type == "boolean":
        return Bins(name, values=(True, False))
    if column.values and not column.values_from:
        return Bins(name, values=column.values)
    if column.type.startswith(("int", "long", "double", "decimal")):
        return Bins(name, edges=_edges(column))
    return None


def _edges(column: contract.Column) -> tuple[float, ...]:
    """Edges of a numeric column's bins: zero, and steps that grow from the column's smallest unit to its `max`."""
    most = float(column.max) if column.max is not None else _UNBOUNDED
    scale = int(column.type.rstrip(")").split(",")[1]) if column.type.startswith("decimal") else 0
    top = math.ceil(math.log10(most)) if most > 0 else 0
    bottom = max(top - _DECADES, -scale if column.type != "double" else top - _DECADES)
    steps = _FINE if top - bottom <= _FINE_DECADES else _COARSE
    # as decimal text, because a product such as 2.2 * 0.1 isn't the double nearest to 0.22
    edges = (float(f"{step}e{decade}") for decade in range(bottom, top) for step in steps)
    return (0.0, *(edge for edge in edges if edge < most))
