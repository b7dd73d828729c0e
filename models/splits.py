"""Which rows are learnt from, calibrated on and tested on. Time decides, and chance only where rows have none."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from conf.schema.errors import DataError
from conf.schema.model import Split

Folds = list[tuple[np.ndarray, np.ndarray]]  # positions to learn from and to hold out


@dataclass(frozen=True)
class Slices:
    """Two boolean masks that share out all rows.

    Attributes:
        development: what the model is made from.
        oot: out of time, all of it later; nothing is fitted on it. Of rows without a time, those held out by chance.
    """

    development: np.ndarray
    oot: np.ndarray

    def named(self) -> dict[str, np.ndarray]:
        """The masks by the name that figures carry."""
        return {"in_time": self.development, "oot": self.oot}


_STRATA = 10  # of a label of many values


def slices(rows: pd.DataFrame, split: Split) -> Slices:
    """The slices of labelled rows, see `out_of_time`; of rows that `by_chance` has put in order, the last.

    Raises:
        DataError: see `out_of_time`.
    """
    if split.by == "time":
        return out_of_time(rows.loc[:, "as_of"], split)
    oot = np.arange(len(rows)) >= len(rows) - round(split.oot_share * len(rows))
    return Slices(~oot, oot)


def by_chance(rows: pd.DataFrame, label: str, seed: int) -> pd.DataFrame:
    """Rows in an order of chance in which every stretch has each value of the label in proportion.

    So the last ones are a stratified sample, and so are folds of consecutive ones. A label of many values is
    stratified by its tenths.
    """
    values = rows[label].astype(float)
    strata = values if values.nunique() <= _STRATA else pd.qcut(values.rank(method="first"), _STRATA, labels=False)
    drawn = pd.Series(np.random.default_rng(seed).random(len(rows)), index=rows.index)
    places = (drawn.groupby(strata).rank(method="first") - drawn) / drawn.groupby(strata).transform("size")
    return rows.loc[places.sort_values(kind="stable").index].reset_index(drop=True)


def out_of_time(as_of: pd.Series, split: Split) -> Slices:
    """Set the latest `oot_share` of rows apart, or as near to it as instants allow: rows of one instant never part.

    Raises:
        DataError: all rows are of one instant, or no instant parts them anywhere near the share.
    """
    if as_of.nunique() < 2:
        raise DataError(
            f"an out-of-time split needs labelled rows of at least two values of as_of; {len(as_of)} rows have "
            f"{as_of.nunique()}; train on a longer period"
        )
    later = as_of.value_counts().sort_index(ascending=False).cumsum() / len(as_of)
    shares = later.drop(as_of.min())
    boundary = (shares - split.oot_share).abs().idxmin()
    if not split.oot_share / 2 <= shares[boundary] <= split.oot_share * 2:
        raise DataError(
            f"an out-of-time split of {split.oot_share:.0%} isn't to be had: too many of the {len(as_of)} rows are of "
            f"one as_of, and the nearest is {shares[boundary]:.0%}; set oot_share to it, or train on rows of more days"
        )
    oot = (as_of >= boundary).to_numpy()
    return Slices(~oot, oot)


def scored(rows: pd.DataFrame, slices: Slices, **columns: np.ndarray | pd.Series) -> pd.DataFrame:
    """Keys of the rows with their slice and some more columns."""
    names = np.where(slices.oot, "oot", "in_time")
    return rows[["application_id", "as_of"]].assign(slice=names, **columns)


def blocks(rows: int, folds: int) -> Folds:
    """Folds of consecutive rows, so that rows in order of time give folds in time: (learn, test) positions."""
    every = np.arange(rows)
    return [(np.delete(every, test), test) for test in np.array_split(every, folds)]


def forward(rows: int, folds: int) -> Folds:
    """Folds as of `blocks` that learn only from what came before, so that the first is never held out."""
    return [(np.arange(test[0]), test) for _, test in blocks(rows, folds)[1:]]


def described(as_of: pd.Series, slices: Slices) -> dict[str, dict[str, str | int]]:
    """First and last `as_of` and the number of rows of each slice."""
    return {
        name: {"from": as_of[mask].min().isoformat(), "to": as_of[mask].max().isoformat(), "rows": int(mask.sum())}
        for name, mask in slices.named().items()
    }
