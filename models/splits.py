"""Splits of rows for training, calibration and test: by time, or by chance if the spec or the data require it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from conf.schema.errors import DataError
from conf.schema.grouping import Grouping
from conf.schema.model import Split

Folds = list[tuple[np.ndarray, np.ndarray]]  # positions to learn from and to hold out
# columns of a training frame, null where not known: the fold of each row, its group that is never parted, and that of
# which the report tells how a model does that never saw it
FOLD, TOGETHER, OUT_OF = "_fold", "_together", "_out_of"
_MOST_FOLDS = 50  # each fold trains a model


@dataclass(frozen=True)
class Slices:
    """Two boolean masks that divide all rows.

    Attributes:
        development: rows on which the model is trained.
        oot: out-of-time rows, all later; nothing is fitted on them. If rows have no time, the rows held out by chance.
    """

    development: np.ndarray
    oot: np.ndarray

    def named(self) -> dict[str, np.ndarray]:
        """The masks by the slice's name in figures."""
        return {"in_time": self.development, "oot": self.oot}


_STRATA = 10  # number of strata of a label with many values


def slices(rows: pd.DataFrame, split: Split) -> Slices:
    """The slices of labelled rows, see `out_of_time`; if `by_chance` has put the rows in order, the last are held out.

    Raises:
        DataError: see `out_of_time`; the frame doesn't state each row's group, or groups are too large.
    """
    if split.by == "time":
        return out_of_time(rows.loc[:, "as_of"], split)
    oot = np.arange(len(rows)) >= len(rows) - round(split.oot_share * len(rows))
    groups = kept_together(rows, split)
    return Slices(~oot, oot) if groups is None else _whole_groups(oot, groups, split)


def kept_together(rows: pd.DataFrame, split: Split) -> np.ndarray | None:
    """The number of each row's group, which is never split; None if no groups are declared.

    A row whose group isn't known is a group of its own.

    Raises:
        DataError: the frame doesn't say which rows belong together.
    """
    if split.together is None:
        return None
    numbers, groups = pd.factorize(_column(rows, TOGETHER, "together", split.together))
    return np.where(numbers < 0, len(groups) + np.arange(len(rows)), numbers)


def _whole_groups(oot: np.ndarray, groups: np.ndarray, split: Split) -> Slices:
    """The same slices, but each group with a held-out row is held out as a whole."""
    whole = np.isin(groups, groups[oot])
    if whole.all() or whole.mean() > split.oot_share * 2:
        raise DataError(
            f"a split by chance of {split.oot_share:.0%} isn't possible: {whole.sum()} of {len(oot)} rows belong to "
            "the "
            "groups of those held out; keep smaller groups together (split.together), or set another oot_share"
        )
    return Slices(~whole, whole)


def by_chance(rows: pd.DataFrame, label: str, seed: int, groups: np.ndarray | None = None) -> pd.DataFrame:
    """Rows in random order in which every stretch has each value of the label in proportion.

    So the last rows are a stratified sample, and so are folds of consecutive rows. A label of many values is stratified
    by its deciles. Rows of one group stay next to each other; then the order isn't stratified by the label.

    Args:
        groups: of each row, see `kept_together`.
    """
    drawn = pd.Series(np.random.default_rng(seed).random(len(rows)), index=rows.index)
    if groups is not None:
        places = drawn.groupby(groups).transform("first")
    else:
        values = rows[label].astype(float)
        strata = values if values.nunique() <= _STRATA else pd.qcut(values.rank(method="first"), _STRATA, labels=False)
        places = (drawn.groupby(strata).rank(method="first") - drawn) / drawn.groupby(strata).transform("size")
    return rows.loc[places.sort_values(kind="stable").index].reset_index(drop=True)


def days_of(as_of: pd.Series) -> pd.Series:
    """The day of each moment, in the zone that the moments are in."""
    return as_of.dt.tz_localize(None).dt.normalize()


def out_of_time(as_of: pd.Series, split: Split) -> Slices:
    """Hold out the latest `oot_share` of rows, or the nearest possible share: rows of one day are never split.

    Raises:
        DataError: all rows are of one day, or no day splits them near the share.
    """
    days = days_of(as_of)
    if days.nunique() < 2:
        raise DataError(
            f"an out-of-time split needs labelled rows of at least two days; as_of of {len(as_of)} rows has "
            f"{days.nunique()}; train on a longer period"
        )
    later = days.value_counts().sort_index(ascending=False).cumsum() / len(as_of)
    shares = later.drop(days.min())
    boundary = (shares - split.oot_share).abs().idxmin()
    if not split.oot_share / 2 <= shares[boundary] <= split.oot_share * 2:
        raise DataError(
            f"an out-of-time split of {split.oot_share:.0%} isn't possible: too many of the {len(as_of)} rows are "
            f"of the same day, and the nearest possible share is {shares[boundary]:.0%}; set oot_share to it, or train "
            "on rows of more days"
        )
    oot = (days >= boundary).to_numpy()
    return Slices(~oot, oot)


def scored(rows: pd.DataFrame, slices: Slices, **columns: np.ndarray | pd.Series) -> pd.DataFrame:
    """Keys of the rows, with their slice and the given further columns."""
    names = np.where(slices.oot, "oot", "in_time")
    return rows[["application_id", "as_of"]].assign(slice=names, **columns)


def folds(rows: pd.DataFrame, slices: Slices, split: Split) -> Folds:
    """Folds of the development rows, see `blocks`; by the values of a column if the split names one, see `by_value`.

    Raises:
        DataError: there would be nothing to learn from, or some row's fold isn't known.
    """
    groups = _of_development(rows, slices, split)
    if split.folds_by is None:
        return blocks(int(slices.development.sum()), split.folds, groups)
    return by_value(_column(rows, FOLD, "folds_by", split.folds_by).loc[slices.development], split.folds_by, groups)


def forward_folds(rows: pd.DataFrame, slices: Slices, split: Split) -> Folds:
    """Folds of the development rows, see `forward`; folds `by_value` stay as they are, because they have no order."""
    if split.folds_by is not None:
        return folds(rows, slices, split)
    return forward(int(slices.development.sum()), split.folds, _of_development(rows, slices, split))


def out_of(rows: pd.DataFrame, split: Split) -> pd.Series | None:
    """The group of each row, for tests on groups that a model hasn't seen; None if no group is declared.

    Raises:
        DataError: the frame doesn't state each row's group.
    """
    return split.out_of and _column(rows, OUT_OF, "out_of", split.out_of)


def left_out(groups: pd.Series, folds: int, seed: int) -> list[np.ndarray]:
    """Masks of rows to leave out in turn: each known group is in one of them, at random; empty for one group."""
    names = sorted(groups.dropna().unique())
    if len(names) < 2:
        return []
    parts = np.array_split(np.random.default_rng(seed).permutation(len(names)), min(folds, len(names)))
    return [groups.isin([names[i] for i in part]).to_numpy() for part in parts]


def _column(rows: pd.DataFrame, name: str, field: str, by: Grouping) -> pd.Series:
    if name not in rows:
        raise DataError(
            f"the frame has no column {name}, which states the {by.title.en} of each row: add it from "
            f"{by.table}.{by.column}, or leave split.{field} out"
        )
    return rows.loc[:, name]


def _of_development(rows: pd.DataFrame, slices: Slices, split: Split) -> np.ndarray | None:
    groups = kept_together(rows, split)
    return None if groups is None else groups[slices.development]


def blocks(rows: int, folds: int, groups: np.ndarray | None = None) -> Folds:
    """Folds of consecutive rows, so that rows in order of time give folds in time: (learn, test) positions.

    Args:
        groups: of each row, see `kept_together`; groups with a held-out row aren't used for training.

    Raises:
        DataError: there would be nothing to learn from.
    """
    every = np.arange(rows)
    return [(_apart(np.delete(every, test), test, groups), test) for test in np.array_split(every, folds)]


def forward(rows: int, folds: int, groups: np.ndarray | None = None) -> Folds:
    """Folds like `blocks` that learn only from rows before the held-out ones; so the first block is never held out.

    Raises:
        DataError: nothing is left to learn from beside a fold.
    """
    return [(_apart(np.arange(int(test[0])), test, groups), test) for _, test in blocks(rows, folds)[1:]]


def by_value(values: pd.Series, by: Grouping, groups: np.ndarray | None = None) -> Folds:
    """One fold for each value, in the order of the values; otherwise like `blocks`.

    Args:
        values: of each row.
        by: what they are, for errors.

    Raises:
        DataError: a row has no value, all have the same, or there are more than `_MOST_FOLDS` values.
    """
    what = f"split.folds_by makes one fold for each {by.title.en} ({by.table}.{by.column})"
    if lacking := int(values.isna().sum()):
        raise DataError(
            f"{what}, but {lacking} of {len(values)} training rows have none; complete the table, or name a column "
            "that every row has"
        )
    numbers, names = pd.factorize(values, sort=True)
    if not 2 <= len(names) <= _MOST_FOLDS:
        raise DataError(
            f"{what}, and {len(values)} training rows have {len(names)}; 2 to {_MOST_FOLDS} are allowed: name another "
            "column, or leave split.folds_by out"
        )
    parts = [np.flatnonzero(numbers == number) for number in range(len(names))]
    return [(_apart(np.delete(np.arange(len(values)), test), test, groups), test) for test in parts]


def _apart(learn: np.ndarray, test: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    left = learn if groups is None else learn[~np.isin(groups[learn], groups[test])]
    if not left.size:
        raise DataError(
            f"no training rows are left beside a fold of {test.size} rows, because all others are in the same groups "
            "(split.together); keep smaller groups together, or give more rows"
        )
    return left


def described(as_of: pd.Series, slices: Slices) -> dict[str, dict[str, str | int]]:
    """First and last `as_of` and the number of rows of each slice."""
    return {
        name: {"from": as_of[mask].min().isoformat(), "to": as_of[mask].max().isoformat(), "rows": int(mask.sum())}
        for name, mask in slices.named().items()
    }
