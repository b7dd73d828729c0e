"""Is a mean true? `missed` is the label less the prediction, in the label's unit, one value per row."""

import numpy as np
from scipy import stats

from models.validation.finding import UNTESTED, Measure


def bias(missed: np.ndarray) -> Measure:
    """Mean error of the predictions (Student's t, two-sided)."""
    error = float(np.std(missed, ddof=1) / np.sqrt(len(missed)))
    middle, reach = float(missed.mean()), error * float(stats.t.isf(0.025, len(missed) - 1))
    p = 2 * float(stats.t.sf(abs(middle) / error, len(missed) - 1)) if error else float(middle == 0)
    return Measure(middle, middle - reach, middle + reach, p=p)


def worst(missed: np.ndarray, parts: dict[str, np.ndarray]) -> Measure:
    """Mean error in the part where it is least likely by chance, after Bonferroni.

    Args:
        parts: name → mask of a part with at least two rows.
    """
    if not parts:
        return UNTESTED
    each = {name: bias(missed[mask]) for name, mask in parts.items()}
    name = min(each, key=lambda name: (each[name].judged, -abs(each[name].statistic)))
    measure = each[name]
    return Measure(measure.statistic, measure.low, measure.high, p=min(measure.judged * len(each), 1), where=(name,))
