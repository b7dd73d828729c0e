"""Applications and loans: requested amounts, the bank's decisions, and the outcomes.

Every figure here is assumed, in the order of a rural bank's business; the outcome follows the log-odds of `risk`.
"""

from dataclasses import dataclass, replace

import numpy as np

from sandbox.county.applications import ask
from sandbox.county.households import Households
from sandbox.county.random_streams import Stream
from sandbox.county.risk import History
from sandbox.county.scope import PENDING_DAYS, PENDING_SHARE, Scope

NEVER = np.datetime64("NaT", "s")
PRODUCTS = ("farm_credit", "farm_equipment", "rural_consumer")
EQUAL_INSTALMENT, EQUAL_PRINCIPAL, INTEREST_ONLY, BULLET = range(4)
REPAYMENTS = np.array(["equal_instalment", "equal_principal", "interest_only", "bullet"])
# first row: farm credit, which is repaid quarterly; second row: other products, which are repaid monthly
_REPAYMENT_SHARES = np.array([[0.74, 0.0, 0.14, 0.12], [0.8, 0.2, 0.0, 0.0]])
RATES = np.array([0.0545, 0.061, 0.0745])  # a year, by product
_AGENT_DISCOUNT = 0.002  # off the annual rate of what a village agent brings
CLEAN, LATE, INDETERMINATE, DEFAULT = range(4)
_MONTH_DAYS = 30
ARREARS_UNIT = 1.5  # outcomes are so many of the units in which `risk` weighs earlier arrears

# who applies, and how often
_ROUNDS = 4  # of applications, besides the pending one
_WANTS_SHARE = 0.97  # of customers who ever apply
_FIRST_MONTHS = 5, 24, 9  # of the window: first applications begin, end at the latest, and so long before its end
_FIRST_SKEW = 0.8  # below 1, more of them apply late
_EARLY_SHARE = 0.2  # who apply again before they have repaid
_EARLY_DAYS, _REPAID_DAYS, _REFUSED_DAYS = (150, 300), (10, 150), (150, 360)  # until the next application
_STAYS_SHARE = 0.85  # who borrow again, of who did not default
_AGAIN_SHARE, _COUPLE_SHARE = 0.08, 0.35  # of pending ones: the same person applies once more, or the other customer
_APPROVED_SHARE = 0.25  # of the former, whose first application is approved by then
_OWED_DAYS = 420  # in which what is owed is taken to fall to nothing, over the last part of a loan

# what the bank decides
# log-odds, of newcomers and of others: of who is new an officer sees statements, not fields, and guesses
_CUT_OFF, _OFFICER_SD = (2.0, -0.7), (3.0, 1.0)
_WITHDRAWN_SHARE = 0.025  # of what isn't declined
_CUT_SHARE, _CUT = 0.3, (0.55, 0.95)  # approvals of less than was asked for, and of how much of it
_LEAST_LENT = 3000  # CNY
_DECIDED_SECONDS = 5 * 3600, 8 * 86_400  # from the application
_DISBURSED_DAYS = 1, 6  # from the decision


@dataclass(frozen=True)
class Credit:
    """Applications of a chunk, by time of application; arrays are by application.

    Attributes:
        household: index of the household.
        applied: instant of the application.
        product: index into PRODUCTS.
        requested, term, channel: requested amount (CNY) and term (months), and the channel of the application.
        is_second: whether the household's second customer applied.
        repayment: index into REPAYMENTS, if something was lent.
        status: status as known at the county's end.
        decided: instant of the decision; NaT while pending.
        principal: CNY lent; 0 if nothing was lent.
        disbursed: day of disbursement; NaT if nothing was lent.
        true_pd: probability from which the outcome was drawn.
        outcome: CLEAN, LATE (1-29 days), INDETERMINATE (30-89) or DEFAULT (90+ within 12 months).
        income_12m: true net income of the 12 months from the month of application, CNY.
        capacity: the part of it that remains after frugal living and older debt, CNY.
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
        return RATES[self.product] - _AGENT_DISCOUNT * (self.channel == "village_agent")


def borrow(
    scope: Scope, chunk: int, homes: Households, history: History, customers: np.ndarray, couples: np.ndarray
) -> Credit:
    """Simulate applications of the customers in several rounds, and finally those still pending at the end.

    Args:
        customers, couples: whether each household has a customer, and whether it has two.
    """
    rng = scope.rng(chunk, Stream.APPLICATIONS)
    first, last = scope.start, scope.last_days
    earliest, last_month, before_end = _FIRST_MONTHS
    latest = min(last_month, max(earliest, scope.months - before_end))
    month = earliest + (latest - earliest) * rng.random(len(homes)) ** _FIRST_SKEW
    ready = first + (_MONTH_DAYS * month).astype(int)
    ready = np.where(homes.is_newcomer, homes.first_asks, ready)
    wants = customers & (rng.random(len(homes)) < _WANTS_SHARE)
    arrears, owed, until = np.zeros(len(homes)), np.zeros(len(homes)), np.full(len(homes), first)
    rounds = []
    for _ in range(_ROUNDS):
        who = np.flatnonzero(wants & (ready < last))
        made = _round(scope, rng, homes, history, who, ready[who], _owed(owed, until, ready)[who], arrears[who])
        rounds.append(made)
        arrears[who] = np.maximum(arrears[who], made.outcome / ARREARS_UNIT * (made.principal > 0))
        repaid = made.disbursed + made.term * _MONTH_DAYS
        owed[who] = np.where(made.principal > 0, made.principal, owed[who])
        until[who] = np.where(made.principal > 0, repaid, until[who])
        early = rng.random(len(who)) < _EARLY_SHARE
        again = np.where(
            early,
            ready[who] + rng.integers(*_EARLY_DAYS, len(who)),
            repaid + rng.integers(*_REPAID_DAYS, len(who)),
        )
        ready[who] = np.where(np.isnat(again), ready[who] + rng.integers(*_REFUSED_DAYS, len(who)), again)
        goes_on = np.where(made.principal > 0, (made.outcome < DEFAULT) & (rng.random(len(who)) < _STAYS_SHARE), early)
        wants[who] = goes_on
    left = _owed(owed, until, np.full_like(ready, last))
    pending = _pending(scope, rng, homes, history, customers, arrears, left)
    second = _second(scope, chunk, homes, history, pending, couples, left, arrears)
    rounds += [_some_approved(pending, second), second]
    order = np.argsort(np.concatenate([part.applied for part in rounds]), kind="stable")
    made = Credit(*(np.concatenate([vars(part)[name] for part in rounds])[order] for name in vars(rounds[0])))
    return replace(made, repayment=_repayment(scope, chunk, made))


def _repayment(scope: Scope, chunk: int, credit: Credit) -> np.ndarray:
    """Repayment type of each loan."""
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
    """Second applications some days after pending ones: by the same person, or by another of the household."""
    rng = scope.rng(chunk, Stream.SECOND_APPLICATIONS)
    home, days = pending.household, (scope.as_of - pending.applied).astype("timedelta64[D]").astype(int)
    chance = rng.random(len(home))
    is_couple = couples[home] & (rng.random(len(home)) < _COUPLE_SHARE)
    which = np.flatnonzero((is_couple | (chance < _AGAIN_SHARE)) & (days > 4))
    who = home[which]
    day = scope.as_of.astype("datetime64[D]") - 2 - (rng.random(len(which)) * (days[which] - 3)).astype(int)
    return _undecided(ask(scope, rng, homes, history, who, day, owed[who], arrears[who]), who, is_couple[which])


def _some_approved(pending: Credit, second: Credit) -> Credit:
    """Pending applications, of which some with a second application have been approved but not disbursed yet."""
    again = np.flatnonzero(np.isin(pending.household, second.household[~second.is_second]))
    approved = again[:: round(1 / _APPROVED_SHARE)]
    status, decided = pending.status.astype("U9"), pending.decided.copy()
    status[approved], decided[approved] = "approved", pending.applied[approved] + 86_400
    return replace(pending, status=status, decided=decided)


def _owed(principal: np.ndarray, until: np.ndarray, day: np.ndarray) -> np.ndarray:
    """What is left of the latest loan, repaid evenly, CNY."""
    return np.maximum(principal * np.minimum((until - day).astype(int) / _OWED_DAYS, 1), 0)


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
    requests = ask(scope, rng, homes, history, who, day, owed, arrears)
    count = len(who)
    is_new = homes.is_newcomer[who]
    officer = requests.pop("officer") + rng.normal(0, 1.0, count) * np.where(is_new, *_OFFICER_SD)
    status = np.where(
        officer > np.where(is_new, *_CUT_OFF),
        "declined",
        np.where(rng.random(count) < _WITHDRAWN_SHARE, "withdrawn", "approved"),
    )
    approved = status == "approved"
    cut = np.where(rng.random(count) < _CUT_SHARE, rng.uniform(*_CUT, count), 1.0)
    principal = np.where(approved, np.maximum(np.round(requests["requested"] * cut, -3), _LEAST_LENT), 0)
    decided = requests["applied"] + rng.integers(*_DECIDED_SECONDS, count)
    disbursed = decided.astype("datetime64[D]") + rng.integers(*_DISBURSED_DAYS, count)
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
    """Undecided applications of the last days: newcomers come first, and nobody in default applies."""
    asks = np.where(homes.is_newcomer, homes.first_asks > scope.last_days, rng.random(len(homes)) < PENDING_SHARE)
    who = np.flatnonzero(customers & (arrears < DEFAULT / ARREARS_UNIT) & asks)
    day = scope.as_of.astype("datetime64[D]") - rng.integers(2, PENDING_DAYS, len(who))
    day = np.where(homes.is_newcomer[who], homes.first_asks[who], day)
    requests = ask(scope, rng, homes, history, who, day, owed[who], arrears[who])
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
