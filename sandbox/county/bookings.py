"""The bank's book: every flow as a booking on an account, and the month-end balances that result.

Every figure here is assumed: channels, shares spent by phone, newcomers' first share of money, delays of booking.
"""

from dataclasses import dataclass, replace

import numpy as np

from sandbox.county.accounts import Bank
from sandbox.county.budget import Budget
from sandbox.county.credit import Credit
from sandbox.county.economy import BENEFITS, CATEGORIES, MAIN, SAVINGS, SECOND, SECOND_SPENDS, Flows, flows, merged
from sandbox.county.households import Households
from sandbox.county.random_streams import Stream
from sandbox.county.repayment import Instalments
from sandbox.county.scope import Scope

CHANNELS = {  # three equally likely ones of each category
    "crop_sale": ("mobile", "counter", "online"),
    "livestock_sale": ("mobile", "counter", "online"),
    "subsidy": ("online", "online", "online"),
    "wage": ("online", "online", "online"),
    "rent": ("mobile", "counter", "online"),
    "mobile_payment": ("mobile", "mobile", "mobile"),
    "input_purchase": ("pos", "mobile", "counter"),
    "living": ("pos", "atm", "counter"),
    "loan_repayment": ("online", "online", "mobile"),
    "transfer": ("mobile", "mobile", "counter"),
}
FIRST_SHARE = 0.12  # share of a newcomer's money that passes through its account before its first loan
_NEVER = np.datetime64("9999-12-31")
_SPENT = ((0.3, 0.6), (0.9, 1.0), (0.8, 1.0))  # least and largest share of a loan spent at once, by product
_PARTLY_DAYS = 55  # after its due date, the part of an instalment that is paid earlier than the rest
_PHONE_BETA, _PHONE_SD, _PHONE_RANGE = (5, 5), 0.06, (0.05, 0.95)  # share of living paid by phone: habit, months
_LATE_SHARE, _LATE_DAYS = 0.03, (2, 9)  # bookings that are published later than the next day
_POCKET = 0.2  # balance of a second account at first, as a share of the main one's
VISIBLE = np.array([name in ("crop_sale", "livestock_sale", "input_purchase", "rent") for name in CATEGORIES])


def banked(homes: Households, earned: Flows) -> Flows:
    """The part of the flows that passes through the bank; the rest is cash."""
    share = np.where(VISIBLE[earned.category], homes.visible[earned.household], 1)
    return Flows(earned.household, earned.day, earned.category, np.round(earned.cny * share, 2), earned.account)


def through_account(scope: Scope, homes: Households, credit: Credit, budget: Budget, money: Flows) -> Flows:
    """The flows that are booked: all flows of long-standing customers, and a share of those of newcomers.

    A newcomer's share is nothing before it comes, small until its first loan, and everything from then on. The rest is
    cash, or passes through relatives' accounts; the money saved there is paid in as the share rises.
    """
    lent, borrowed = np.flatnonzero(credit.principal > 0), np.where(homes.is_newcomer, _NEVER, homes.came)
    np.minimum.at(borrowed, credit.household[lent], credit.disbursed[lent])
    came_of, borrowed_of, is_new = (each[money.household] for each in (homes.came, borrowed, homes.is_newcomer))
    share = np.select([money.day < came_of, money.day < borrowed_of], [0.0, FIRST_SHARE], 1.0)
    parts = [replace(money, cny=np.where(is_new, np.round(share * money.cny, 2), money.cny))]
    is_simulated, new = money.day >= scope.first_month, np.flatnonzero(homes.is_newcomer)
    for day, rise in ((homes.came, FIRST_SHARE), (borrowed, 1 - FIRST_SHARE)):
        before = is_simulated & (money.day < day[money.household])
        purse = budget.opening + np.bincount(money.household[before], money.cny[before], len(homes))
        parts.append(flows(new, day[new], "transfer", np.round(rise * np.maximum(purse[new], 0), 2)))
    return merged(parts)


def loan_flows(scope: Scope, chunk: int, credit: Credit, instalments: Instalments) -> Flows:
    """Disbursements, the spending from them within a month, and repayments.

    Dealers are paid by transfer, not as a running cost: machinery isn't one, and the season's inputs are booked
    already.
    """
    rng = scope.rng(chunk, Stream.LOAN_FLOWS)
    lent = np.flatnonzero(credit.principal > 0)
    who, day, money = credit.household[lent], credit.disbursed[lent], credit.principal[lent]
    share = np.array(_SPENT)[credit.product[lent]]
    spent = -np.round(money * rng.uniform(share[:, 0], share[:, 1]), 2)
    farm, soon = credit.product[lent] < 2, day + rng.integers(1, 28, len(lent))
    paid, partly = ~np.isnat(instalments.paid), np.flatnonzero(instalments.partly > 0)
    borrower, rest = credit.household[instalments.loan], instalments.amount - instalments.partly
    return merged(
        [
            flows(who, day, "transfer", money),
            flows(who[farm], soon[farm], "transfer", spent[farm]),
            flows(who[~farm], soon[~farm], "living", spent[~farm]),
            flows(borrower[paid], instalments.paid[paid], "loan_repayment", -rest[paid]),
            flows(
                borrower[partly], instalments.due[partly] + _PARTLY_DAYS, "loan_repayment", -instalments.partly[partly]
            ),
        ]
    )


def spend(scope: Scope, chunk: int, homes: Households, bank: Bank, budget: Budget, earned: Flows) -> Flows:
    """The budget's months as flows: living, mobile payments, transfers to and from savings and relatives."""
    rng = scope.rng(chunk, Stream.SPENDING)
    second = earned.only((earned.account == SECOND) & bank.has(SECOND)[earned.household])
    benefits = earned.only((earned.account == BENEFITS) & bank.has(BENEFITS)[earned.household])
    own_wage, allowance = second.monthly(scope, len(homes)), benefits.monthly(scope, len(homes))
    by_second = np.minimum(SECOND_SPENDS * own_wage, budget.living)
    by_card = np.minimum(np.floor(allowance / 10) * 10, budget.living - by_second)
    rest, swept = budget.living - by_second - by_card, np.floor((allowance - by_card) / 10) * 10
    habit = rng.beta(*_PHONE_BETA, (len(homes), 1)) + rng.normal(0, _PHONE_SD, rest.shape)
    by_phone = np.clip(habit, *_PHONE_RANGE)
    sent = flows(second.household, second.day + 3, "transfer", np.round((1 - SECOND_SPENDS) * second.cny, -1))
    parts = [
        *_pieces(scope, rng, "mobile_payment", by_phone * rest, 3, MAIN),
        *_pieces(scope, rng, "living", (1 - by_phone) * rest, 2, MAIN),
        *_pieces(scope, rng, "mobile_payment", by_second, 2, SECOND),
        *_pieces(scope, rng, "living", by_card, 1, BENEFITS),
        *_pieces(scope, rng, "transfer", budget.transfers, 1, MAIN),
        *_pieces(scope, rng, "transfer", budget.saved, 1, MAIN),
        *_pieces(scope, rng, "transfer", -budget.saved, 1, SAVINGS),
        *_pieces(scope, rng, "transfer", -budget.helped, 1, MAIN),
        *_pieces(scope, rng, "transfer", swept, 1, BENEFITS),
        *_pieces(scope, rng, "transfer", -swept, 1, MAIN),
        sent,
        Flows(sent.household, sent.day, sent.category, -sent.cny, np.full(len(sent.cny), SECOND)),
    ]
    return merged(parts)


def _pieces(
    scope: Scope, rng: np.random.Generator, category: str, out: np.ndarray, count: int, account: int
) -> list[Flows]:
    """Monthly sums of outgoing money (negative: incoming), each divided into `count` bookings."""
    household, month = np.nonzero(np.abs(out) >= 1)
    weight = rng.gamma(2.0, size=(count, len(month)))
    amounts = np.round(-out[household, month] * weight / weight.sum(axis=0), 2)
    first = (scope.first_month + month).astype("datetime64[D]")
    width = 27 // count
    days = [first + k * width + rng.integers(0, width + 1, len(month)) for k in range(count)]
    return [flows(household, days[k], category, amounts[k], account) for k in range(count)]


@dataclass(frozen=True)
class Book:
    """Bookings of a chunk before its end, in the order of their publication; arrays are by booking.

    Attributes:
        account: index of the account.
        booked, published: instants.
        category: index into CATEGORIES.
        cny: amount, positive when it comes in.
        channel: channel of the booking.
    """

    account: np.ndarray
    booked: np.ndarray
    published: np.ndarray
    category: np.ndarray
    cny: np.ndarray
    channel: np.ndarray


def book(scope: Scope, chunk: int, bank: Bank, money: Flows) -> Book:
    """Book all flows of customers, from the first simulated month on."""
    rng = scope.rng(chunk, Stream.BOOKINGS)
    account = bank.account[money.household, money.account]
    account = np.where(account >= 0, account, bank.account[money.household, MAIN])
    booked = money.day.astype("datetime64[s]") + rng.integers(0, 13 * 3600, len(account))
    late = rng.random(len(account)) < _LATE_SHARE
    delay = np.where(late, rng.integers(*_LATE_DAYS, len(account)), 1) * 86_400
    published = money.day.astype("datetime64[s]") + delay + rng.integers(0, 3 * 3600, len(account))
    first = scope.first_month.astype("datetime64[D]").astype("datetime64[s]")
    names = np.array([CHANNELS[name] for name in CATEGORIES])
    channel = names[money.category, rng.integers(0, 3, len(account))]
    kept = np.flatnonzero((account >= 0) & (np.abs(money.cny) >= 0.01) & (booked >= first) & (booked < scope.as_of))
    kept = kept[np.argsort(published[kept], kind="stable")]
    return Book(account[kept], booked[kept], published[kept], money.category[kept], money.cny[kept], channel[kept])


def balances(scope: Scope, homes: Households, bank: Bank, budget: Budget, book: Book) -> np.ndarray:
    """Balance of every account at the end of each month from the window's first, CNY: (accounts, months)."""
    months = scope.horizon
    change = np.zeros((len(bank.account_kind), months))
    np.add.at(change, (book.account, scope.month_of(book.booked)), book.cny)
    home = bank.household[bank.account_customer]
    kinds = [bank.account_kind == kind for kind in (MAIN, SECOND, SAVINGS)]
    pocket = np.round(_POCKET * budget.opening[home], 2)
    first = np.where(homes.is_newcomer[home], 0, budget.opening[home])
    opening = np.select(kinds, [first, pocket, budget.opening_savings[home]], 0.0)
    closing = opening[:, None] + np.cumsum(change, axis=1)
    begin = scope.month_of(np.array([scope.start]))[0]
    return closing[:, begin : begin + scope.months]
