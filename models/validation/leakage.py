"""Does any feature or row leak the outcome? The kinds of leakage are those of Kapoor and Narayanan 2023."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
from scipy import stats

from models import metrics
from models.validation import gains, part_names
from models.validation.discrimination import Z95, auc_error, auc_loss
from models.validation.finding import Measure, worst
from models.validation.stability import by_chance, largest


def single_feature(x: pd.DataFrame, bad: np.ndarray) -> Measure:
    """Largest AUC of one feature alone, in either direction, missing values lowest (DeLong interval)."""
    scores = _filled(x)
    areas = {name: max(area := metrics.auc(bad, score), 1 - area) for name, score in scores.items()}
    best = max(areas, key=lambda name: areas[name])
    error = auc_error(bad, scores[best])
    return Measure(areas[best], areas[best] - Z95 * error, min(areas[best] + Z95 * error, 1), where=(best,))


def _filled(x: pd.DataFrame) -> dict[str, np.ndarray]:
    """The values of each feature, missing ones lowest."""
    return {str(name): column.fillna(column.min() - 1).fillna(0).to_numpy(float) for name, column in x.items()}


def feature_correlation(x: pd.DataFrame, actual: np.ndarray) -> Measure:
    """Largest rank correlation of one feature alone with the label, in either direction, missing values lowest."""
    each = [
        replace(gains.rank_correlation(actual, sign * values), where=(name,))
        for name, values in _filled(x).items()
        for sign in (1, -1)
    ]
    return worst(each, lambda measure: (measure.judged, measure.statistic))


def information_value(x: pd.DataFrame, bad: np.ndarray, bins: int = 5) -> Measure:
    """Largest information value in bins of equal counts (Siddiqi 2017): the PSI between good and bad rows."""
    values = {str(name): metrics.information_value(column, bad, bins) for name, column in x.items()}
    bads = int(bad.sum())
    return largest(values, by_chance(bins + 1, bads, len(bad) - bads, len(values)), 0.5)


def post_outcome(x: pd.DataFrame, bad: np.ndarray) -> Measure:
    """Largest phi coefficient between the outcome and whether a feature is known, or not 0; judged after Bonferroni.

    A feature that is recorded only after a loan has become bad, or has been repaid, is known only for such loans. The
    test uses the normal approximation of phi x sqrt(n) (Cramér 1946).
    """
    not_zero = {part_names.not_zero(str(name)): column.fillna(0) != 0 for name, column in x.items()}
    return _largest_phi(_known(x) | not_zero, bad)


def known_after(x: pd.DataFrame, actual: np.ndarray) -> Measure:
    """The same of a label that is any number, by its ranks, of which phi is the correlation with a mark.

    That a feature isn't 0, such as wages, may honestly go with much of the label; `feature_correlation` looks at that.
    """
    return _largest_phi(_known(x), stats.rankdata(actual))


def _known(x: pd.DataFrame) -> dict[str, pd.Series]:
    return {part_names.known(str(name)): column.notna() for name, column in x.items()}


def _largest_phi(marks: dict[str, pd.Series], outcome: np.ndarray) -> Measure:
    phis = {name: _phi(mark.to_numpy(float), outcome) for name, mark in marks.items()}
    chance = float(stats.norm.isf(0.025 / len(phis))) / float(np.sqrt(len(outcome)))
    return largest(phis, chance, 0.2)


def _phi(mark: np.ndarray, outcome: np.ndarray) -> float:
    return abs(float(np.corrcoef(mark, outcome)[0, 1])) if mark.std() and outcome.std() else 0.0


def both_sides(bad: np.ndarray, pd_: np.ndarray, subject: np.ndarray, development: np.ndarray) -> Measure:
    """AUC gained by rows out of time whose subject, such as a household, is in development (DeLong, independent).

    Subjects also come again in reality, so the test doesn't judge that they do, but whether the model memorised them.
    """
    late = ~development
    seen = np.isin(subject[late], subject[development])
    return auc_loss(bad[late][seen], pd_[late][seen], bad[late][~seen], pd_[late][~seen])


def future_rows(as_of: pd.Series, development: np.ndarray, known_until: datetime) -> Measure:
    """Share of rows from after the moment of the data, or of development rows after the first row out of time.

    For a split by chance, pass all rows as development.
    """
    moments = pd.to_datetime(as_of, utc=True).reset_index(drop=True)
    after = (moments > known_until).to_numpy(bool)
    if not development.all():
        after |= development & (moments >= moments[~development].min()).to_numpy(bool)
    return Measure(float(after.mean()))


def repeated_rows(x: pd.DataFrame, development: np.ndarray) -> Measure:
    """Share of the rows out of time whose known features all equal those of a row of development."""
    early, late = x.loc[development], x.loc[~development]
    again = late.dropna(how="all").merge(early.drop_duplicates())
    return Measure(len(again) / max(len(late), 1))
