"""Which rows are learnt from, calibrated on and tested on. Time decides, never chance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from conf.schema.errors import FieldstoneError
from conf.schema.model import Split


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
    """Set the latest `oot_share` of rows apart, or as near to it as instants allow: rows of one instant never part.

    Raises:
        FieldstoneError: all rows are of one instant, or no instant parts them anywhere near the share.
    """
    if as_of.nunique() < 2:
        raise FieldstoneError(
            f"an out-of-time split needs labelled rows of at least two values of as_of; {len(as_of)} rows have "
            f"{as_of.nunique()}; train on a longer period"
        )
    later = as_of.value_counts().sort_index(ascending=False).cumsum() / len(as_of)
    shares = later.drop(as_of.min())
    boundary = (shares - split.oot_share).abs().idxmin()
    if not split.oot_share / 2 <= shares[boundary] <= split.oot_share * 2:
        raise FieldstoneError(
            f"an out-of-time split of {split.oot_share:.0%} isn't to be had: too many of the {len(as_of)} rows are of "
            f"one as_of, and the nearest is {shares[boundary]:.0%}; set oot_share to it, or train on rows of more days"
        )
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
