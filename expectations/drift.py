"""How a batch's values are spread, and how far that has moved from the batches before.

The bins of every column follow from its contract alone, so that batches can be compared, nothing has to be learnt from
values, and no bound of a bin is somebody's value.
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

_FINE, _COARSE = (1, 1.5, 2.2, 3.3, 4.7, 6.8), (1, 2, 5)  # steps of a decade
_FINE_DECADES, _DECADES = 5, 8
_UNBOUNDED = 1e9
_LEAST_SHARE = 0.1  # of the reference in a group of bins; the index is usually taken of ten


@dataclass(frozen=True)
class Histogram:
    """How often a column's values fall into each bin; the last bin is of rows without a value.

    Attributes:
        bins: what they are; only histograms over the same bins can be compared.
        psi: population stability index against the batches before, None where there is too little to compare.
    """

    column: str
    bins: str
    counts: tuple[int, ...]
    psi: float | None = None


@dataclass(frozen=True)
class Bins:
    """The bins of a column: up to each of some `edges`, or each of some `values`."""

    column: str
    edges: tuple[float, ...] = ()
    values: tuple[str | bool, ...] = ()

    @property
    def text(self) -> str:
        """What it is, in short."""
        if self.values:
            return ", ".join(map(str, self.values))
        return f"{len(self.edges)} edges from {self.edges[0]:g} to {self.edges[-1]:g}"

    def counters(self, is_counted: Column) -> list[Column]:
        """Named aggregates over the rows that count: values up to each edge, or equal to each value, and all there are.

        Numbers are compared as doubles, for that is alike on both engines.
        """
        column = F.col(self.column)
        holds = [column == value for value in self.values] or [column.cast("double") <= edge for edge in self.edges]
        counted = [F.count_if(is_counted & each) for each in [*holds, column.isNotNull()]]
        return [each.alias(self._name(place)) for place, each in enumerate(counted)]

    def histogram(self, counted: Mapping[str, Any], rows: int, min_cell: int) -> Histogram:
        """What the counters have found of `rows` rows; bins with fewer than `min_cell` rows count as empty."""
        *within, there = (counted[self._name(place)] for place in range(len(self.edges + self.values) + 1))
        within = within if self.values else [*np.diff([0, *within]), there - within[-1]]
        kept = (int(n) if n >= min_cell else 0 for n in [*within, rows - there])
        return Histogram(self.column, self.text, tuple(kept))

    def _name(self, place: int) -> str:
        return f"{self.column} {place}"


def bins_of(entry: Contract) -> list[Bins]:
    """Bins of the columns whose histogram tells something: numbers, flags and codes; no keys, and nothing protected."""
    left_out = {*entry.primary_key, *(n for n, c in entry.stored.items() if c.pseudonym or c.protected)}
    histograms = [_bins(name, column) for name, column in entry.stored.items() if name not in left_out]
    return [each for each in histograms if each]


def psi(earlier: Sequence[Histogram], histogram: Histogram, min_rows: int) -> float | None:
    """Population stability index of a batch against earlier ones: below 0.1 fine, above 0.25 act.

    Neighbouring bins are taken together until a group holds a tenth of the reference, so that a few rows don't make
    an alarm. None if either side has fewer than `min_rows` rows.
    """
    alike = [other.counts for other in earlier if (other.column, other.bins) == (histogram.column, histogram.bins)]
    expected = np.sum(np.array([*alike, (0,) * len(histogram.counts)], int), axis=0)
    actual = np.array(histogram.counts)
    rows = min(expected.sum(), actual.sum())
    if rows < min_rows:
        return None
    starts = _group_starts(expected)
    # an empty group counts as half a row of the smaller side, for its logarithm has no value
    expected, actual = (
        np.maximum(np.add.reduceat(side, starts) / side.sum(), 0.5 / rows) for side in (expected, actual)
    )
    return float(np.sum(rel_entr(expected, actual) + rel_entr(actual, expected)))


def _group_starts(expected: np.ndarray) -> list[int]:
    """Where groups of neighbouring bins begin: a bin with enough rows stands alone, rare ones are taken together.

    What is rare or empty beside a full bin stays apart from it, so that values which move there are seen.
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
    """Zero, and steps that grow with the numbers, from the smallest that the column can hold to its `max`."""
    most = float(column.max) if column.max is not None else _UNBOUNDED
    scale = int(column.type.rstrip(")").split(",")[1]) if column.type.startswith("decimal") else 0
    top = math.ceil(math.log10(most)) if most > 0 else 0
    bottom = max(top - _DECADES, -scale if column.type != "double" else top - _DECADES)
    steps = _FINE if top - bottom <= _FINE_DECADES else _COARSE
    # as decimal text, for a product such as 2.2 * 0.1 differs from the double that is nearest
    edges = (float(f"{step}e{decade}") for decade in range(bottom, top) for step in steps)
    return (0.0, *(edge for edge in edges if edge < most))
