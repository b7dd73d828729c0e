"""The adverse direction of a feature without a declared direction, for one applicant: too high or too low a value.

Trees split a feature at thresholds, so one value of each interval between them stands for the interval. The applicant
is scored with each of these values, all else unchanged: if the least risk lies below the applicant's own value, that
is too high, else too low. This is exact for the trees; it doesn't claim that the household can change the value.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

AdverseDirection = Callable[[pd.DataFrame, str], int]


def by(risk: Callable[[pd.DataFrame], np.ndarray], thresholds: Mapping[str, np.ndarray]) -> AdverseDirection:
    """A function that returns the direction in which a feature is adverse to an applicant.

    Args:
        risk: of feature rows; more is worse.
        thresholds: by feature, the values at which the trees split it, rising.

    Returns:
        Of one row and a feature: 1 too high, -1 too low, 0 neither by itself.
    """

    def direction(row: pd.DataFrame, name: str) -> int:
        if not len(tried := intervals(thresholds[name])):
            return 0  # no tree reads it
        others = pd.concat([row] * len(tried), ignore_index=True).assign(**{name: tried})
        risks = risk(others)
        best = int(np.argmin(risks))
        is_lower = risks[best] < risk(row)[0]
        return int(np.sign(row[name].iloc[0] - tried[best])) if is_lower else 0

    return direction


def intervals(thresholds: np.ndarray) -> np.ndarray:
    """One value of each interval: one below the first threshold, then each threshold (splits are `x < threshold`)."""
    below = np.nextafter(thresholds[:1].astype(np.float32), np.float32(-np.inf))
    return np.concatenate([below, thresholds]).astype(float)
