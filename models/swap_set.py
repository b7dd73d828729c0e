"""The swap set: applications on which a challenger and the champion decide differently."""

import numpy as np
import pandas as pd
from scipy import stats

_LEVEL = 0.95


def swap_set(champion_pd: np.ndarray, challenger_pd: np.ndarray, bad: np.ndarray, cut_off_pd: float) -> pd.DataFrame:
    """Number of applications that both admit, both decline, and one alone admits, with the bad rate where it is known.

    Args:
        champion_pd, challenger_pd: PD of each application; NaN counts as declined.
        bad: 1 for bad, 0 for good, NaN where it isn't known.
        cut_off_pd: PD above which an application is declined.

    Returns:
        `group` (both admit, swapped in, swapped out, both decline), `applications`, `known` (whose end is known),
        `bads`, `bad_rate` and its 95% interval `low`, `high` (Jeffreys: beta(bads + 1/2, goods + 1/2)); NaN where
        nothing is known.
    """
    before, after = np.asarray(champion_pd) <= cut_off_pd, np.asarray(challenger_pd) <= cut_off_pd
    groups = {
        "both admit": before & after,
        "swapped in": ~before & after,
        "swapped out": before & ~after,
        "both decline": ~before & ~after,
    }
    return pd.DataFrame([{"group": name} | _bad_rate(np.asarray(bad, float)[mask]) for name, mask in groups.items()])


def _bad_rate(bad: np.ndarray) -> dict[str, float]:
    known, bads = int(np.isfinite(bad).sum()), int(np.nansum(bad))
    low, high = stats.beta.interval(_LEVEL, bads + 0.5, known - bads + 0.5) if known else (np.nan, np.nan)
    rate = bads / known if known else np.nan
    return {"applications": len(bad), "known": known, "bads": bads, "bad_rate": rate, "low": low, "high": high}
