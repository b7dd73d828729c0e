"""The few applications that a report explains, and the bars of each: contributions of features to its prediction."""

from typing import Any

import numpy as np
import pandas as pd

_MOST_BARS = 8


def spread(values: np.ndarray, cut_off: float) -> list[int]:
    """Positions of five rows: the lowest, the median, the next below and above the cut-off, the highest."""
    order = np.argsort(values, kind="stable")
    above = int(np.searchsorted(values[order], cut_off, side="right"))
    wanted = [0, len(order) // 2, above - 1, above, len(order) - 1]
    places = sorted({min(max(place, 0), len(order) - 1) for place in wanted})
    spare = (place for place in range(len(order)) if place not in places)
    while len(places) < min(5, len(order)):
        places = sorted([*places, next(spare)])
    return [int(order[place]) for place in places]


def _shown(contributions: pd.Series, reference: np.ndarray) -> list[str]:
    distance = (contributions - reference).abs()
    return [*distance.sort_values(ascending=False, kind="stable").index[:_MOST_BARS]]


def rest(contributions: pd.Series, reference: np.ndarray) -> float:
    """The sum of the contributions of features without a bar."""
    return float(contributions.drop(_shown(contributions, reference)).sum())


def bars(contributions: pd.Series, ranks: pd.Series, reference: np.ndarray, reasons: list[str]) -> list[dict[str, Any]]:
    """Bars of one applicant: contribution, the one at the cut-off, rank of the value, number of the reason."""
    at_cut_off = pd.Series(reference, contributions.index)
    return [
        {
            "feature": name,
            "contribution": float(contributions[name]),
            "reference": float(at_cut_off[name]),
            "rank": None if np.isnan(ranks[name]) else float(ranks[name]),
            "reason": reasons.index(name) + 1 if name in reasons else None,
        }
        for name in _shown(contributions, reference)
    ]
