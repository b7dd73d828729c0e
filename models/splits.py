"""Which rows are learnt from, calibrated on and tested on. Time decides, never chance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from conf.errors import FieldstoneError
from conf.model import Split


@dataclass(frozen=True)
class Slices:
    """Two boolean masks that share out all rows.

    Attributes:
        development: what the model is made from.
        oot: out of time, all of it later; nothing is fitted on it.
    """

    development: np.ndarray
    oot: np.ndarray

    def named(self) -> dict[str, np.ndarray]:
        """The masks by the name that figures carry."""
        return {"in_time": self.development, "oot": self.oot}


def out_of_time(as_of: pd.Series, split: Split) -> Slices:
    """Set the latest `oot_share` of rows apart.

    Rows of one instant never part, so the slice may be a little larger than its share.

    Raises:
        FieldstoneError: all rows are of one instant.
    """
    times = as_of.sort_values(ignore_index=True)
    if times.nunique() < 2:
        raise FieldstoneError(
            f"an out-of-time split needs labelled rows of at least two values of as_of; {len(times)} rows have "
            f"{times.nunique()}; train on a longer period"
        )
    boundary = times[min(int(len(times) * (1 - split.oot_share)), len(times) - 1)]
    if boundary == times[0]:
        boundary = times[times > times[0]].iloc[0]
    oot = (as_of >= boundary).to_numpy()
    return Slices(~oot, oot)


def scored(rows: pd.DataFrame, slices: Slices, **columns: np.ndarray) -> pd.DataFrame:
    """Keys of the rows with their slice and some more columns."""
    names = np.where(slices.oot, "oot", "in_time")
    return rows[["application_id", "as_of"]].assign(slice=names, **columns)


def blocks(rows: int, folds: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Folds of consecutive rows, so that rows in order of time give folds in time: (learn, test) positions."""
    every = np.arange(rows)
    return [(np.setdiff1d(every, test), test) for test in np.array_split(every, folds)]


def described(as_of: pd.Series, slices: Slices) -> dict[str, dict[str, str | int]]:
    """First and last `as_of` and the number of rows of each slice."""
    return {
        name: {"from": as_of[mask].min().isoformat(), "to": as_of[mask].max().isoformat(), "rows": int(mask.sum())}
        for name, mask in slices.named().items()
    }


def _boundary(times: pd.Series, late_share: float) -> pd.Timestamp:
    ordered = times.sort_values(ignore_index=True)
    if ordered.nunique() < 2:
        raise FieldstoneError(
            f"an out-of-time split needs at least three distinct values of as_of among the labelled rows, "
            f"{len(times)} rows have {ordered.nunique()}; train on a longer period"
        )
    boundary = ordered[min(int(len(ordered) * (1 - late_share)), len(ordered) - 1)]
    return boundary if boundary > ordered[0] else ordered[ordered > ordered[0]].iloc[0]
