"""Which way a feature without a declared direction counts against one applicant: too much of it, or too little.

Trees part a feature at thresholds, so that one value of each interval between them stands for all. The applicant is
scored with each, all else as it is: where the least risk lies below the applicant's own value it is too high, else too
low. That is exact of the trees; it is no claim that the household can change it.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

AdverseDirection = Callable[[pd.DataFrame, str], int]


def by(risk: Callable[[pd.DataFrame], np.ndarray], thresholds: Mapping[str, np.ndarray]) -> AdverseDirection:
    """In which direction features of a model are adverse to an applicant.

    Args:
        risk: of feature rows; more is worse.
        thresholds: by feature, the values at which its trees part it, rising.

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
    """A value in each interval that thresholds part: below the first, and from each on, as `x < threshold` parts."""
    below = np.nextafter(thresholds[:1].astype(np.float32), np.float32(-np.inf))
    return np.concatenate([below, thresholds]).astype(float)
