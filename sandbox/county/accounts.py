"""The bank's customers among the households, and their accounts.

Shares of households with one customer, two, or none, and of accounts by kind, are assumed.
"""

from dataclasses import dataclass

import numpy as np

from sandbox.county.economy import BENEFITS, MAIN, SAVINGS, SECOND
from sandbox.county.households import Households
from sandbox.county.people import Persons
from sandbox.county.places import Places
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope

KINDS = np.array(["settlement", "settlement", "savings", "social_security"])  # by MAIN, SECOND, SAVINGS, BENEFITS


@dataclass(frozen=True)
class Bank:
    """Customers and accounts of a chunk.

    Attributes:
        household, person: indices of household and person, by customer.
        opened: first day of each customer.
        main: index of each household's main customer, -1 if it has none.
        account_customer, account_kind: index of the customer, and index into KINDS, by account.
        account_opened: day of opening, by account.
        account: index of the account by household and kind, -1 if there is none.
    """

    household: np.ndarray
    person: np.ndarray
    opened: np.ndarray
    main: np.ndarray
    account_customer: np.ndarray
    account_kind: np.ndarray
    account_opened: np.ndarray
    account: np.ndarray

    def has(self, kind: int) -> np.ndarray:
        """Whether each household has an account of a kind."""
        return self.account[:, kind] >= 0


def enrol(scope: Scope, chunk: int, homes: Households, people: Persons) -> Bank:
    """Open accounts: most households have one customer, mostly the head; some have two, a few none.

    Newcomers have one customer with one account, from the day they come.
    """
    rng = scope.rng(chunk, Stream.ACCOUNTS)
    count, spouse = len(homes), people.spouse_of(len(homes))
    married = (spouse >= 0) & (people.valid_from[spouse] < scope.start) & np.isnat(people.valid_to[spouse])
    is_new = homes.is_newcomer
    has_main = (rng.random(count) < 0.94) | is_new
    by_spouse = married & (rng.random(count) < 0.13)
    head = np.arange(count)
    first, other = np.where(by_spouse, spouse, head), np.where(by_spouse, head, spouse)
    has_second = has_main & ~is_new & married & (rng.random(count) < np.where(homes.earners == 2, 0.35, 0.08))
    household = np.concatenate([head[has_main], head[has_second]])
    person = np.concatenate([first[has_main], other[has_second]])
    adult = people.born[person] + 18 * 366
    opened = np.maximum(scope.start - rng.integers(60, 3600, len(person)), np.minimum(adult, scope.start - 30))
    opened = np.where(is_new[household], homes.came[household], opened)
    main = np.full(count, -1)
    main[head[has_main]] = np.arange(has_main.sum())
    owner = np.full((count, 4), -1)
    owner[:, MAIN] = main
    owner[head[has_second], SECOND] = has_main.sum() + np.arange(has_second.sum())
    owner[:, SAVINGS] = np.where((rng.random(count) < 0.45) & ~is_new, main, -1)
    owner[:, BENEFITS] = np.where((rng.random(count) < 0.6) & ~is_new, main, -1)
    at, kind = np.nonzero(owner >= 0)
    customer = owner[at, kind]
    account = np.full((count, 4), -1)
    account[at, kind] = np.arange(len(at))
    later = np.where(kind >= SAVINGS, rng.integers(0, 900, len(at)), 0)
    return Bank(
        household=household,
        person=person,
        opened=opened,
        main=main,
        account_customer=customer,
        account_kind=kind,
        account_opened=np.maximum(np.minimum(opened[customer] + later, scope.start - 5), opened[customer]),
        account=account,
    )


def branches(places: Places, household: np.ndarray) -> np.ndarray:
    """Branch of each customer's township: B and the last six digits of the township code's nine."""
    town = np.array(places.towns)[places.town_index[household]]
    return np.char.add("B", np.array([code[3:9] for code in town], dtype="U6"))
