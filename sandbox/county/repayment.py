"""Instalments: the schedule of every loan, its payments, and the bank's reports on them.

Every figure here is assumed: given an outcome, days late, the share that is cured, which instalment is missed first.
"""

from dataclasses import dataclass, replace

import numpy as np

from sandbox.county.credit import (
    BULLET,
    CLEAN,
    DEFAULT,
    EQUAL_INSTALMENT,
    EQUAL_PRINCIPAL,
    INDETERMINATE,
    INTEREST_ONLY,
    LATE,
    Credit,
)
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope

UNPAID = np.datetime64("NaT", "D")
_MARKS = (30, 60, 90, 120, 180, 360)  # days past due at which an unpaid instalment is published again
_LABEL_DAYS, _DEFAULT_DAYS = 360, 90  # a loan of the outcome DEFAULT is so many days past due within so many
_NEVER_PAID = 9999  # days of delay

_EARLY_SHARE, _EARLY_DAYS = 0.4, (0, 3)  # instalments that are paid before they are due
# instalments paid some days late beside the missed one, of loans whose outcome is LATE, or worse
_SLIP_SHARE, _SLIP_SHARE_WORSE, _SLIP_DAYS = 0.22, 0.3, (2, 27)
_LATE_DAYS, _INDETERMINATE_DAYS = (4, 28), (31, 84)  # of the missed instalment, within the limits of the outcome
_CURED_SHARE, _CURED_DAYS = 0.22, (105, 330)  # of loans in default: all is paid so long after the first missed day
_FIRST_SKEW = 0.8  # below 1, more of them miss a later one first
_PARTLY_AFTER_DAYS, _PARTLY_SHARE, _PARTLY = 60, 0.25, (0.1, 0.5)  # in part, of those later than that; part of it
_PUBLISHED_SECONDS = 14 * 3600, 3600  # from the day's beginning until it is published, and how long that takes


@dataclass(frozen=True)
class Instalments:
    """Instalments of a chunk's loans; arrays are by instalment.

    Attributes:
        loan: index into the chunk's applications.
        number: number of the instalment, from 1.
        due: due date.
        amount: CNY.
        principal: principal in the amount, CNY.
        paid: day of full payment; NaT if never within the simulated span.
        partly: CNY paid before that.
    """

    loan: np.ndarray
    number: np.ndarray
    due: np.ndarray
    amount: np.ndarray
    principal: np.ndarray
    paid: np.ndarray
    partly: np.ndarray


def schedule(scope: Scope, chunk: int, credit: Credit) -> Instalments:
    """Create the instalments, quarterly for farm credit and monthly for other loans, and their payments by the outcome.

    A bullet loan has only the last of them, paid as late as the first one that would have been missed.
    """
    rng = scope.rng(chunk, Stream.INSTALMENTS)
    lent = np.flatnonzero(credit.principal > 0)
    step = np.where(credit.product == 0, 3, 1)
    count = credit.term[lent] // step[lent]
    loan = np.repeat(lent, count)
    number = np.arange(len(loan)) - np.repeat(np.cumsum(count) - count, count) + 1
    due = _months_later(credit.disbursed[loan], number * step[loan])
    amount, principal = _amounts(credit, loan, number, np.repeat(count, count), step)
    delay, missed = _delays(rng, credit, loan, number, due, lent, count)
    partly = np.where(
        (delay > _PARTLY_AFTER_DAYS) & (rng.random(len(loan)) < _PARTLY_SHARE),
        (amount * rng.uniform(*_PARTLY, len(loan))).round(2),
        0,
    )
    bullet = credit.repayment[loan] == BULLET
    delay = np.where(bullet, np.repeat(delay[np.flatnonzero(missed)], count), delay)
    paid, kept = np.where(delay < _NEVER_PAID, due + delay, UNPAID), ~bullet | (number == np.repeat(count, count))
    laid = Instalments(loan, number, due, amount, principal, paid, np.where(bullet, 0, partly))
    return Instalments(*(column[kept] for column in vars(replace(laid, number=np.where(bullet, 1, number))).values()))


def _amounts(
    credit: Credit, loan: np.ndarray, number: np.ndarray, count: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Amount of each instalment, and the principal in it, CNY."""
    rate, lent, kind = credit.rate[loan] * step[loan] / 12, credit.principal[loan], credit.repayment[loan]
    level = np.round(lent * rate / (1 - (1 + rate) ** -count), 2)
    before = lent * (1 - (1 + rate) ** -(count - number + 1.0)) / (1 - (1 + rate) ** -count)
    after = np.round(lent * (1 - (1 + rate) ** -(count - number + 0.0)) / (1 - (1 + rate) ** -count), 2)
    last = number == count
    even = np.where(last, lent - (count - 1) * np.round(lent / count, 2), np.round(lent / count, 2))
    kinds = [kind == EQUAL_PRINCIPAL, kind == INTEREST_ONLY, kind == BULLET]
    principal = np.select(kinds, [even, lent * last, lent * last], np.round(before, 2) - after)
    interest_even = lent * rate * (count - number + 1) / count
    interest = np.select(kinds, [interest_even, lent * rate, lent * rate * count * last], 0)
    amount = np.where(kind == EQUAL_INSTALMENT, level, np.round(principal + interest, 2))
    return amount, np.round(principal, 2)


def _months_later(day: np.ndarray, months: np.ndarray) -> np.ndarray:
    """The same day so many months later; days 29 to 31 become the 28th."""
    month = day.astype("datetime64[M]")
    offset = np.minimum((day - month.astype("datetime64[D]")).astype(int), 27)
    return (month + months).astype("datetime64[D]") + offset


def _delays(
    rng: np.random.Generator,
    credit: Credit,
    loan: np.ndarray,
    number: np.ndarray,
    due: np.ndarray,
    lent: np.ndarray,
    count: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Days from an instalment's due day to its payment, `_NEVER_PAID` where there is none; and what is missed first."""
    delay = -rng.integers(*_EARLY_DAYS, len(loan)) * (rng.random(len(loan)) < _EARLY_SHARE)
    outcome, age = credit.outcome[loan], (due - credit.disbursed[loan]).astype(int)
    slips = np.where(outcome == LATE, _SLIP_SHARE, _SLIP_SHARE_WORSE)
    late = (outcome >= LATE) & (rng.random(len(loan)) < slips)
    delay = np.where(late, rng.integers(*_SLIP_DAYS, len(loan)), delay)
    first = _first_missed(rng, loan, age, lent, count)
    missed = number == np.repeat(first, count)
    delay = np.where((outcome == LATE) & missed, rng.integers(*_LATE_DAYS, len(loan)), delay)
    delay = np.where((outcome == INDETERMINATE) & missed, rng.integers(*_INDETERMINATE_DAYS, len(loan)), delay)
    broke = (outcome == DEFAULT) & (number >= np.repeat(first, count))
    cured = np.repeat(rng.random(len(lent)) < _CURED_SHARE, count)
    back = np.repeat(rng.integers(*_CURED_DAYS, len(lent)), count)
    since = due - np.repeat(due[np.flatnonzero(missed)], count)
    catch_up = np.maximum(back - since.astype(int), 0)
    delay = np.where(broke, np.where(cured, catch_up, _NEVER_PAID), delay)
    return np.where(outcome == CLEAN, np.minimum(delay, 0), delay), missed


def _first_missed(
    rng: np.random.Generator, loan: np.ndarray, age: np.ndarray, lent: np.ndarray, count: np.ndarray
) -> np.ndarray:
    """Number of the first missed instalment of each loan, early enough for 90 days to pass within the year."""
    is_early = age + _DEFAULT_DAYS <= _LABEL_DAYS
    early = np.add.reduceat(is_early, np.cumsum(count) - count) if len(loan) else np.zeros(0, int)
    return 1 + np.floor(rng.random(len(lent)) ** _FIRST_SKEW * np.maximum(early, 1)).astype(int)


def repaid(credit: Credit, instalments: Instalments) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Loan (index of its application), day and remaining principal (CNY) after each payment of principal, by time.

    All payments on one day count as one.
    """
    paid = np.flatnonzero(~np.isnat(instalments.paid) & (instalments.principal > 0))
    order = paid[np.lexsort((instalments.paid[paid], instalments.loan[paid]))]
    loan, day, money = instalments.loan[order], instalments.paid[order], instalments.principal[order]
    first = np.searchsorted(loan, loan)
    total = np.concatenate([[0], np.cumsum(money)])
    left = np.round(credit.principal[loan] - (total[1:] - total[first]), 2)
    last_of_day = np.append((loan[1:] != loan[:-1]) | (day[1:] != day[:-1]), True)[: len(loan)]
    return loan[last_of_day], day[last_of_day], left[last_of_day]


def distress(scope: Scope, households: int, credit: Credit, instalments: Instalments) -> np.ndarray:
    """Months in which a household can't pay: from before a missed due date to the payment, if there is one."""
    broke = np.zeros((households, scope.horizon), bool)
    late = np.isnat(instalments.paid) | (instalments.paid - instalments.due >= np.timedelta64(30, "D"))
    missed = np.flatnonzero(late)
    first = scope.month_of(instalments.due[missed]) - 1
    paid = np.where(np.isnat(instalments.paid), np.datetime64("2200-01-01"), instalments.paid)
    last = np.minimum(scope.month_of(paid[missed]), scope.horizon)
    for home, start, end in zip(credit.household[instalments.loan[missed]], first, last, strict=True):
        broke[home, max(start, 0) : end] = True
    return broke


@dataclass(frozen=True)
class Reports:
    """The bank's reports on instalments: one row on the due date, one at every mark, and one when paid late.

    Attributes:
        instalment: index into the chunk's instalments.
        paid: day of full payment as known at the report; NaT before the payment.
        paid_cny: amount paid by the report.
        days_past_due: days past due at the report, or at payment.
        published: instant of publication.
    """

    instalment: np.ndarray
    paid: np.ndarray
    paid_cny: np.ndarray
    days_past_due: np.ndarray
    published: np.ndarray


def report(scope: Scope, chunk: int, instalments: Instalments) -> Reports:
    """Versions of every instalment up to the county's end."""
    rng = scope.rng(chunk, Stream.CREDIT_REPORTS)
    due, paid = instalments.due, instalments.paid
    everyone = np.arange(len(due))
    overdue = np.where(np.isnat(paid), 99_999, (paid - due).astype(int))
    parts = [_version(rng, instalments, everyone, 0, np.maximum(overdue, 0) == 0)]
    for mark in _MARKS:
        parts.append(_version(rng, instalments, np.flatnonzero(overdue > mark), mark, False))
    settled = np.flatnonzero((overdue > 0) & (overdue < 99_999))
    parts.append(_version(rng, instalments, settled, overdue[settled], True))
    joined = Reports(*(np.concatenate([vars(part)[name] for part in parts]) for name in vars(parts[0])))
    order = np.argsort(joined.published, kind="stable")
    known = order[joined.published[order] < scope.as_of]
    return Reports(*(column[known] for column in vars(joined).values()))


def _version(
    rng: np.random.Generator,
    instalments: Instalments,
    which: np.ndarray,
    past_due: np.ndarray | int,
    is_paid: np.ndarray | bool,
) -> Reports:
    """One version of the instalments `which`, published in the night after the day that it describes."""
    due, amount = instalments.due[which], instalments.amount[which]
    partly = np.where(np.asarray(past_due) >= _PARTLY_AFTER_DAYS, instalments.partly[which], 0)
    begins, lasts = _PUBLISHED_SECONDS
    night = (due + past_due).astype("datetime64[s]") + begins + rng.integers(0, lasts, len(which))
    return Reports(
        instalment=which,
        paid=np.where(is_paid, instalments.paid[which], UNPAID),
        paid_cny=np.where(is_paid, amount, partly),
        days_past_due=np.broadcast_to(past_due, len(which)),
        published=night,
    )
