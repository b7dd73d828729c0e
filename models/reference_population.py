"""A reference population: the development rows as groups of people, of which sizes and means are kept and no row.

Interventional SHAP values compare a person with it, see `models.interventional`. A mean of few people would tell of
each, so every mean is taken over at least `LEAST_PEOPLE` of them. What fewer people, or fewer than half of a group,
have a value of is kept as missing, as the model would read it of most of the group.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

LEAST_PEOPLE = 30
_MOST_GROUPS = 16
_MOST_ROWS = 10_000  # more would say little more
_FARTHEST, _MISSING = 2.0, 3.0  # standard deviations: where outliers count as, and missing values


@dataclass(frozen=True)
class ReferencePopulation:
    """Groups of similar rows.

    Attributes:
        sizes: rows of each group, of shape (groups,).
        means: of each feature over the rows of a group that know it, of shape (groups, features); NaN where missing.
    """

    sizes: np.ndarray
    means: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """Share of each group, of shape (groups,)."""
        return self.sizes / self.sizes.sum()

    def as_dict(self) -> dict[str, Any]:
        """Plain lists, None where missing, for JSON."""
        means = [[None if np.isnan(mean) else float(mean) for mean in group] for group in self.means]
        return {"sizes": self.sizes.tolist(), "means": means}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The population that `as_dict` wrote, of a record or its JSON."""
        return cls(np.array(document["sizes"], int), np.array(document["means"], float))


def summary(x: np.ndarray, people: pd.Series) -> ReferencePopulation | None:
    """Groups of rows by k-means (Lloyd 1982), the same for the same rows; None if there are too few people.

    Of many rows every second, third and so on counts, so that there are at most 10,000.

    Args:
        x: of shape (rows, features), missing NaN.
        people: whose each row is.
    """
    step = max(1, -(-len(x) // _MOST_ROWS))
    x, codes = x[::step], pd.factorize(people)[0][::step]
    if len(np.unique(codes)) < LEAST_PEOPLE:
        return None
    groups = _groups(_places(x), codes)
    parts = [groups == group for group in np.unique(groups)]
    means = np.array([_means(x[part], codes[part]) for part in parts])
    return ReferencePopulation(np.array([part.sum() for part in parts]), means)


def _places(x: np.ndarray) -> np.ndarray:
    """Rows where their distances count: features in standard deviations, none of which an outlier may dominate."""
    is_known = ~np.isnan(x)
    n = np.maximum(is_known.sum(axis=0), 1)
    values = np.where(is_known, x, 0).astype(float)
    mean = values.sum(axis=0) / n
    deviations = np.where(is_known, values - mean, 0)
    spread = np.sqrt((deviations**2).sum(axis=0) / n)
    scaled = deviations / np.where(spread > 0, spread, 1)
    return np.where(is_known, scaled.clip(-_FARTHEST, _FARTHEST), _MISSING)


def _groups(places: np.ndarray, people: np.ndarray) -> np.ndarray:
    """The group of each row; a group of too few people goes over to those nearest to each of its rows."""
    most = min(_MOST_GROUPS, len(np.unique(places, axis=0)))
    with threadpool_limits(1):  # threads add up in any order
        centres = KMeans(most, n_init=1, random_state=0).fit(places).cluster_centers_
    while True:
        nearest = cdist(places, centres).argmin(axis=1)
        counts = [len(np.unique(people[nearest == group])) for group in range(len(centres))]
        if min(counts) >= LEAST_PEOPLE:
            return nearest
        centres = np.delete(centres, np.argmin(counts), axis=0)


def _means(x: np.ndarray, people: np.ndarray) -> np.ndarray:
    is_known = ~np.isnan(x)
    is_kept = [known.mean() >= 0.5 and len(np.unique(people[known])) >= LEAST_PEOPLE for known in is_known.T]
    sums = np.where(is_known, x, 0).sum(axis=0, dtype=float)
    return np.where(is_kept, sums / np.maximum(is_known.sum(axis=0), 1), np.nan)
