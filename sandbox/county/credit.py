"""Applications and loans: who asks for how much, what the bank decided, and how it turned out.

Products, rates, shares and an officer's cut-off are assumed; the outcome follows the log-odds of `risk`.
"""

from dataclasses import dataclass, replace

import numpy as np

from sandbox.county.households import GROWER, PART_TIME, Households
from sandbox.county.random_streams import Stream
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
from sandbox.county.scope import FUTURE_MONTHS, PENDING_DAYS, PENDING_SHARE, Scope

NEVER = np.datetime64("NaT", "s")
PRODUCTS = ("farm_credit", "farm_equipment", "rural_consumer")
EQUAL_INSTALMENT, EQUAL_PRINCIPAL, INTEREST_ONLY, BULLET = range(4)
REPAYMENTS = np.array(["equal_instalment", "equal_principal", "interest_only", "bullet"])
# of farm credit, repaid each quarter of a year, and of the rest, repaid each month
_REPAYMENT_SHARES = np.array([[0.74, 0.0, 0.14, 0.12], [0.8, 0.2, 0.0, 0.0]])
RATES = np.array([0.0545, 0.061, 0.0745])
CLEAN, LATE, INDETERMINATE, DEFAULT = range(4)
_THRESHOLDS = (-1.9, -0.55, 0.0)  # of log-odds plus logistic noise: late, indeterminate, default
_ROUNDS = 4
# log-odds, of newcomers and of others: of who is new an officer sees statements, not fields, and guesses
_CUT_OFF, _OFFICER_SD = (2.0, -0.7), (3.0, 1.0)
_AGAIN_SHARE, _COUPLE_SHARE, _APPROVED_SHARE = 0.08, 0.35, 0.25


@dataclass(frozen=True)
class Credit:
    """Applications of a chunk, by time of application; arrays are by application.

    Attributes:
        household: index of the household.
        applied: instant of the application.
        product: index into PRODUCTS.
        requested, term, channel: what was asked for: CNY, months, and where.
        is_second: whether the household's second customer applied.
        repayment: index into REPAYMENTS, where something was lent.
        status: as known at the county's end.
        decided: instant of the decision; NaT while pending.
        principal: CNY lent; 0 where nothing was.
        disbursed: day; NaT where nothing was lent.
        true_pd: probability from which the outcome was drawn.
        outcome: CLEAN, LATE (1-29 days), INDETERMINATE (30-89) or DEFAULT (90+ within 12 months).
        income_12m: true net income of the 12 months from the application's, CNY.
        capacity: of it, what frugal living and older debt leave, CNY.
    """

    household: np.ndarray
    applied: np.ndarray
    product: np.ndarray
    requested: np.ndarray
    term: np.ndarray
    channel: np.ndarray
    is_second: np.ndarray
    repayment: np.ndarray
    status: np.ndarray
    decided: np.ndarray
    principal: np.ndarray
    disbursed: np.ndarray
    true_pd: np.ndarray
    outcome: np.ndarray
    income_12m: np.ndarray
    capacity: np.ndarray

    @property
    def rate(self) -> np.ndarray:
        """Annual rate; village agents' loans cost a little less."""
        return RATES[self.product] - 0.002 * (self.channel == "village_agent")


def borrow(
    scope: Scope, chunk: int, homes: Households, history: History, customers: np.ndarray, couples: np.ndarray
) -> Credit:
    """Let the customers among the households apply, round after round, and at last the pending ones.

    Args:
        customers, couples: whether each household has a customer, and whether it has two.
    """
    rng = scope.rng(chunk, Stream.APPLICATIONS)
    first, last = scope.start, scope.last_days
    latest = min(24, max(5, scope.months - 9))
    ready = first + (30 * (5 + (latest - 5) * rng.random(len(homes)) ** 0.8)).astype(int)
    ready = np.where(homes.is_newcomer, homes.first_asks, ready)
    wants = customers & (rng.random(len(homes)) < 0.97)
    arrears, owed, until = np.zeros(len(homes)), np.zeros(len(homes)), np.full(len(homes), first)
    rounds = []
    for _ in range(_ROUNDS):
        who = np.flatnonzero(wants & (ready < last))
        made = _round(scope, rng, homes, history, who, ready[who], _owed(owed, until, ready)[who], arrears[who])
        rounds.append(made)
        arrears[who] = np.maximum(arrears[who], made.outcome / 1.5 * (made.principal > 0))
        repaid = made.disbursed + made.term * 30
        owed[who] = np.where(made.principal > 0, made.principal, owed[who])
        until[who] = np.where(made.principal > 0, repaid, until[who])
        early = rng.random(len(who)) < 0.2
        again = np.where(early, ready[who] + rng.integers(150, 300, len(who)), repaid + rng.integers(10, 150, len(who)))
        again = np.where(np.isnat(again), ready[who] + rng.integers(150, 360, len(who)), again)
        ready[who] = again
        goes_on = np.where(made.principal > 0, (made.outcome < DEFAULT) & (rng.random(len(who)) < 0.85), early)
        wants[who] = goes_on
    left = _owed(owed, until, np.full_like(ready, last))
    pending = _pending(scope, rng, homes, history, customers, arrears, left)
    second = _second(scope, chunk, homes, history, pending, couples, left, arrears)
    rounds += [_some_approved(pending, second), second]
    order = np.argsort(np.concatenate([part.applied for part in rounds]), kind="stable")
    made = Credit(*(np.concatenate([vars(part)[name] for part in rounds])[order] for name in vars(rounds[0])))
    return replace(made, repayment=_repayment(scope, chunk, made))


def _repayment(scope: Scope, chunk: int, credit: Credit) -> np.ndarray:
    """How each loan is repaid."""
    shares = np.cumsum(_REPAYMENT_SHARES, axis=1)[np.minimum(credit.product, 1), :3]
    return (scope.rng(chunk, Stream.REPAYMENT_TYPES).random(len(shares))[:, None] > shares).sum(axis=1)


def _second(
    scope: Scope,
    chunk: int,
    homes: Households,
    history: History,
    pending: Credit,
    couples: np.ndarray,
    owed: np.ndarray,
    arrears: np.ndarray,
) -> Credit:
    """Second applications beside pending ones, days later: of the same person, or of another of the household."""
    rng = scope.rng(chunk, Stream.SECOND_APPLICATIONS)
    home, days = pending.household, (scope.as_of - pending.applied).astype("timedelta64[D]").astype(int)
    chance = rng.random(len(home))
    is_couple = couples[home] & (rng.random(len(home)) < _COUPLE_SHARE)
    which = np.flatnonzero((is_couple | (chance < _AGAIN_SHARE)) & (days > 4))
    who = home[which]
    day = scope.as_of.astype("datetime64[D]") - 2 - (rng.random(len(which)) * (days[which] - 3)).astype(int)
    return _undecided(_ask(scope, rng, homes, history, who, day, owed[who], arrears[who]), who, is_couple[which])


def _some_approved(pending: Credit, second: Credit) -> Credit:
    """Of those who applied again, some have been approved already, and nothing is disbursed yet."""
    again = np.flatnonzero(np.isin(pending.household, second.household[~second.is_second]))
    approved = again[:: round(1 / _APPROVED_SHARE)]
    status, decided = pending.status.astype("U9"), pending.decided.copy()
    status[approved], decided[approved] = "approved", pending.applied[approved] + 86_400
    return replace(pending, status=status, decided=decided)


def _owed(principal: np.ndarray, until: np.ndarray, day: np.ndarray) -> np.ndarray:
    """What is left of the latest loan, repaid evenly, CNY."""
    return np.maximum(principal * np.minimum((until - day).astype(int) / 420, 1), 0)


def _round(
    scope: Scope,
    rng: np.random.Generator,
    homes: Households,
    history: History,
    who: np.ndarray,
    day: np.ndarray,
    owed: np.ndarray,
    arrears: np.ndarray,
) -> Credit:
    requests = _ask(scope, rng, homes, history, who, day, owed, arrears)
    count = len(who)
    is_new = homes.is_newcomer[who]
    officer = requests.pop("officer") + rng.normal(0, 1.0, count) * np.where(is_new, *_OFFICER_SD)
    status = np.where(
        officer > np.where(is_new, *_CUT_OFF), "declined", np.where(rng.random(count) < 0.025, "withdrawn", "approved")
    )
    approved = status == "approved"
    cut = np.where(rng.random(count) < 0.3, rng.uniform(0.55, 0.95, count), 1.0)
    principal = np.where(approved, np.maximum(np.round(requests["requested"] * cut, -3), 3000), 0)
    decided = requests["applied"] + rng.integers(5 * 3600, 8 * 86400, count)
    disbursed = decided.astype("datetime64[D]") + rng.integers(1, 6, count)
    return Credit(
        household=who,
        is_second=np.zeros(count, bool),
        repayment=np.zeros(count, int),
        status=status,
        decided=decided,
        principal=principal,
        disbursed=np.where(approved, disbursed, np.datetime64("NaT", "D")),
        **requests,
    )


def _pending(
    scope: Scope,
    rng: np.random.Generator,
    homes: Households,
    history: History,
    customers: np.ndarray,
    arrears: np.ndarray,
    owed: np.ndarray,
) -> Credit:
    """Applications of the last days, on which nothing was decided yet: newcomers' first; nobody in default applies."""
    asks = np.where(homes.is_newcomer, homes.first_asks > scope.last_days, rng.random(len(homes)) < PENDING_SHARE)
    who = np.flatnonzero(customers & (arrears < DEFAULT / 1.5) & asks)
    day = scope.as_of.astype("datetime64[D]") - rng.integers(2, PENDING_DAYS, len(who))
    day = np.where(homes.is_newcomer[who], homes.first_asks[who], day)
    requests = _ask(scope, rng, homes, history, who, day, owed[who], arrears[who])
    return _undecided(requests, who, np.zeros(len(who), bool))


def _undecided(requests: dict[str, np.ndarray], who: np.ndarray, is_second: np.ndarray) -> Credit:
    del requests["officer"]
    none = np.full(len(who), NEVER)
    return Credit(
        household=who,
        is_second=is_second,
        repayment=np.zeros(len(who), int),
        status=np.full(len(who), "pending"),
        decided=none,
        principal=np.zeros(len(who)),
        disbursed=none.astype("datetime64[D]"),
        **requests,
    )


def _ask(
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
    farms, away = homes.kind[who] == GROWER, homes.kind[who] == PART_TIME
    share = np.where(farms[:, None], [0.72, 0.22, 0.06], np.where(away[:, None], [0.35, 0.05, 0.6], [0.66, 0.1, 0.24]))
    product = (rng.random(count)[:, None] > np.cumsum(share, axis=1)[:, :2]).sum(axis=1)
    term = np.where(product == 0, 12, rng.choice([12, 18, 24, 36], count, p=[0.35, 0.15, 0.35, 0.15]))
    earned = np.maximum(summed(history.income, who, month, 12), 15_000)
    wish = 0.62 * 70_000**0.35 * earned**0.65 * np.array([0.95, 1.25, 0.7])[product] * np.exp(rng.normal(0, 0.5, count))
    requested = np.clip(np.round(wish, -3), 5000, 500_000)
    channel = rng.choice(["branch", "mobile", "village_agent"], count, p=[0.38, 0.37, 0.25])
    seen = drivers(history, homes, who, month, requested, owed, arrears)
    shown = known_odds(seen, homes.is_newcomer[who])
    odds = shown + log_odds(seen, SEEN_LATER) + rng.normal(0, HIDDEN_SD, count)
    ahead = summed(history.income, who, np.minimum(month, scope.horizon - FUTURE_MONTHS), -12)
    service = np.minimum(owed, ahead.clip(0))
    return {
        "applied": day.astype("datetime64[s]") + rng.integers(0, 11 * 3600, count),
        "product": product,
        "requested": requested,
        "term": term,
        "channel": channel,
        "true_pd": probability(odds),
        "outcome": np.digitize(odds + rng.logistic(size=count), _THRESHOLDS),
        "income_12m": ahead,
        "capacity": np.maximum(ahead - 12 * 0.6 * history.living[who] - service, 0),
        "officer": shown,
    }
