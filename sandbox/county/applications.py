"""What an applicant asks for, its true PD and outcome.

Every figure here is assumed, in the order of what farm households borrow; the log-odds are those of `risk`.
"""

import numpy as np

from sandbox.county.households import Households
from sandbox.county.risk import (
    HIDDEN_SD,
    SEEN_LATER,
    History,
    drivers,
    known_odds,
    log_odds,
    probability,
    summed,
)
from sandbox.county.scope import FUTURE_MONTHS, Scope

# of PRODUCTS, by kind of household (`households.KINDS`): growers want seed and machines, part-timers a home
_PRODUCT_SHARES = np.array([[0.66, 0.1, 0.24], [0.72, 0.22, 0.06], [0.66, 0.1, 0.24], [0.35, 0.05, 0.6]])
_FARM_TERM = 12  # months, of farm credit: a season
_TERMS, _TERM_SHARES = [12, 18, 24, 36], [0.35, 0.15, 0.35, 0.15]
_LEAST_EARNED = 15_000  # CNY a year, at which a wish is reckoned though less was earned
_WISH_SHARE, _WISH_INCOME, _WISH_ELASTICITY = 0.62, 70_000, 0.65  # of a year's income; at it; less than in proportion
_WISH_OF_PRODUCT, _WISH_SD = np.array([0.95, 1.25, 0.7]), 0.5  # machines cost most; log-normal
_REQUESTED = 5000, 500_000  # CNY, least and most
_CHANNELS, _CHANNEL_SHARES = ["branch", "mobile", "village_agent"], [0.38, 0.37, 0.25]
_FRUGAL = 0.6  # of living costs, below which a family can't live
_DAY_SECONDS = 11 * 3600  # of the day in which applications come
_THRESHOLDS = (-1.9, -0.55, 0.0)  # of log-odds plus logistic noise: late, indeterminate, default


def ask(
    scope: Scope,
    rng: np.random.Generator,
    homes: Households,
    history: History,
    who: np.ndarray,
    day: np.ndarray,
    owed: np.ndarray,
    arrears: np.ndarray,
) -> dict[str, np.ndarray]:
    """What is asked for, its true PD and outcome, and how the application looks to the bank's officer."""
    count, month = len(who), scope.month_of(day)
    share = _PRODUCT_SHARES[homes.kind[who]]
    product = (rng.random(count)[:, None] > np.cumsum(share, axis=1)[:, :2]).sum(axis=1)
    term = np.where(product == 0, _FARM_TERM, rng.choice(_TERMS, count, p=_TERM_SHARES))
    earned = np.maximum(summed(history.income, who, month, 12), _LEAST_EARNED)
    wish = _WISH_SHARE * _WISH_INCOME ** (1 - _WISH_ELASTICITY) * earned**_WISH_ELASTICITY * _WISH_OF_PRODUCT[product]
    requested = np.clip(np.round(wish * np.exp(rng.normal(0, _WISH_SD, count)), -3), *_REQUESTED)
    channel = rng.choice(_CHANNELS, count, p=_CHANNEL_SHARES)
    seen = drivers(history, homes, who, month, requested, owed, arrears)
    shown = known_odds(seen, homes.is_newcomer[who])
    odds = shown + log_odds(seen, SEEN_LATER) + rng.normal(0, HIDDEN_SD, count)
    ahead = summed(history.income, who, np.minimum(month, scope.horizon - FUTURE_MONTHS), -12)
    service = np.minimum(owed, ahead.clip(0))
    return {
        "applied": day.astype("datetime64[s]") + rng.integers(0, _DAY_SECONDS, count),
        "product": product,
        "requested": requested,
        "term": term,
        "channel": channel,
        "true_pd": probability(odds),
        "outcome": np.digitize(odds + rng.logistic(size=count), _THRESHOLDS),
        "income_12m": ahead,
        "capacity": np.maximum(ahead - 12 * _FRUGAL * history.living[who] - service, 0),
        "officer": shown,
    }
