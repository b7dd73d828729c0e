"""What a household is like, seen and unseen: skill, stability, way of farming, land, earners, house.

Shares of the kinds of household, and how schooling, land and earners follow skill and age, are assumed; so is who
comes to the bank late, and when.
"""

from dataclasses import dataclass

import numpy as np

from sandbox.county.identity import numbered
from sandbox.county.people import CHILD, Persons
from sandbox.county.places import Places
from sandbox.county.random_streams import Stream
from sandbox.county.scope import PENDING_DAYS, PENDING_SHARE, Scope

SMALLHOLDER, GROWER, BREEDER, PART_TIME = range(4)
KINDS = ("smallholder", "grower", "breeder", "part_time")
_SHARES = [0.56, 0.15, 0.12, 0.17]
_LIKELIER = np.array([1.0, 1.5, 1.5, 0.3])  # to be newcomers: wages come by account, harvests and herds for cash
_FIRST_DAYS = 150  # from the window's start, before which nobody asks
_LONGEST_DAYS = 340  # a newcomer's file is less than a year old when it first asks for a loan


@dataclass(frozen=True)
class Households:
    """The households of a chunk; arrays are by household.

    Attributes:
        number: eighteen-digit household number, the contractor code of its land.
        kind: index into KINDS.
        ability: latent skill, standard normal; lifts yields, prices, wages and savings.
        stability: latent steadiness, standard normal; keeps jobs and lowers default.
        size: members at the window's start.
        elders: members of 60 and more then.
        dependants: share of members below 16 or above 65.
        earners: members with wages, 0 to 2.
        education: of the head.
        own_mu: contracted land.
        rented_in_mu: land rented from others, 0 where none.
        rented_out_mu: own land rented to others.
        house: latent quality of the house, standard normal.
        visible: share of farm sales and spending that passes through the bank.
        came: day on which a newcomer opens its first account; NaT of who had one before the window.
        first_asks: day on which a newcomer first asks for a loan; NaT likewise.
    """

    number: np.ndarray
    kind: np.ndarray
    ability: np.ndarray
    stability: np.ndarray
    size: np.ndarray
    elders: np.ndarray
    dependants: np.ndarray
    earners: np.ndarray
    education: np.ndarray
    own_mu: np.ndarray
    rented_in_mu: np.ndarray
    rented_out_mu: np.ndarray
    house: np.ndarray
    visible: np.ndarray
    came: np.ndarray
    first_asks: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    @property
    def is_newcomer(self) -> np.ndarray:
        return ~np.isnat(self.came)


def characterise(scope: Scope, chunk: int, places: Places, people: Persons) -> Households:
    """Draw the traits of a chunk's households."""
    rng = scope.rng(chunk, Stream.HOUSEHOLDS)
    count = len(places.number)
    ability = rng.normal(size=count)
    stability = 0.25 * ability + rng.normal(scale=0.97, size=count)
    kind = rng.choice(4, count, p=_SHARES)
    age = people.age_at(scope.start)
    present = people.valid_from <= scope.start
    size = people.counted(count, present)
    workers = people.counted(count, present & (age >= 18) & (age <= 62) & ((people.relation != CHILD) | (age >= 21)))
    own = np.round(np.exp(rng.normal(np.log(5.2), 0.45, count)), 2)
    large = np.exp(rng.normal(np.log(32), 0.55, count))
    some = np.where(rng.random(count) < 0.1, rng.uniform(2, 10, count), 0)
    lets = (kind != GROWER) & (rng.random(count) < np.where(kind == PART_TIME, 0.55, 0.08))
    chance = np.array([0.66, 0.3, 0.35, 1.0])[kind]
    earners = (rng.random(count) < chance).astype(int) + (rng.random(count) < 0.35 * chance)
    came, first_asks = _newcomers(scope, chunk, kind)
    schooling = 0.5 * ability - 0.055 * (age[:count] - 50) + rng.normal(size=count)
    return Households(
        number=numbered(places.issuer, places.number, 4),
        kind=kind,
        ability=ability,
        stability=stability,
        size=size,
        elders=people.counted(count, present & (age >= 60)),
        dependants=people.counted(count, present & ((age < 16) | (age > 65))) / size,
        earners=np.minimum(earners, np.maximum(workers - (kind != PART_TIME), 0)),
        education=np.array(["primary", "junior", "senior", "college"])[np.digitize(schooling, [-0.2, 1.1, 2.2])],
        own_mu=own,
        rented_in_mu=np.where(kind == GROWER, large, some).round(2),
        rented_out_mu=np.where(lets, own * rng.uniform(0.4, 0.85, count), 0).round(2),
        house=0.45 * ability + 0.9 * rng.normal(size=count),
        visible=0.5 + 0.5 * rng.beta(4, 2, count),
        came=came,
        first_asks=first_asks,
    )


def _newcomers(scope: Scope, chunk: int, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days on which newcomers come to the bank, mostly within the half year before they first ask, and then ask.

    As of others, most ask in the middle of the window, so that the mix of applicants drifts little, and so many in the
    last days.
    """
    rng = scope.rng(chunk, Stream.NEWCOMERS)
    is_one = rng.random(len(kind)) < scope.thin_files * _LIKELIER[kind] / (_SHARES @ _LIKELIER)
    span = (scope.last_days - scope.start).astype(int)
    begins = min(_FIRST_DAYS, span - 1)
    earlier = scope.start + begins + ((span - begins) * rng.beta(1.5, 1.5, len(kind))).astype(int)
    pending = scope.last_days + rng.integers(1, PENDING_DAYS - 1, len(kind))
    asks = np.where(rng.random(len(kind)) < PENDING_SHARE, pending, earlier)
    came = asks - (20 + (_LONGEST_DAYS - 20) * rng.beta(1.2, 2.5, len(kind))).astype(int)
    never = np.datetime64("NaT", "D")
    return np.where(is_one, came, never), np.where(is_one, asks, never)


def founded(places: Places, people: Persons) -> np.ndarray:
    """Number of the household that each person who split off founded; numbers from 5000 are kept for them."""
    order = places.number[people.household]
    sibling = np.zeros(len(order), int)
    splitting = np.flatnonzero(people.splits)
    seen: dict[int, int] = {}
    for person in splitting:
        home = int(people.household[person])
        sibling[person] = seen[home] = seen.get(home, -1) + 1
    return numbered(places.issuer[people.household], 5000 + 100 * sibling + order % 100, 4)
