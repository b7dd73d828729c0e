"""Visible and latent traits of households: skill, stability, way of farming, land, earners, house.

Every figure here is assumed: shares of the kinds of household, how schooling, land and earners follow skill and age,
who comes to the bank late, and when.
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
_LONGEST_DAYS, _SHORTEST_DAYS = 340, 20  # a newcomer's file is less than a year old when it first asks for a loan
_ASKS, _CAME = (1.5, 1.5), (1.2, 2.5)  # beta: most ask in the middle of the window, months after they came

_STEADINESS = 0.25, 0.97  # of skill, which it follows a little, and of the rest; together of unit variance
_WORKING_AGES, _CHILD_WORKS_AT = (18, 62), 21  # years
_OWN_MU, _LARGE_MU = (5.2, 0.45), (32, 0.55)  # median and log-normal spread of land by contract, and rented by growers
_SOME_SHARE, _SOME_MU = 0.1, (2, 10)  # of the others, who rent a little
_LETS_SHARE, _LETS_SHARE_OF_REST, _LET = 0.55, 0.08, (0.4, 0.85)  # of part-timers and of others; part of their land
_EARNS_SHARE, _SECOND_EARNS = np.array([0.66, 0.3, 0.35, 1.0]), 0.35  # by kind; and a second member, of that share
_SCHOOLING = 0.5, -0.055  # of skill, and of each year of age
_SCHOOLS, _SCHOOL_FROM = np.array(["primary", "junior", "senior", "college"]), [-0.2, 1.1, 2.2]
_HOUSE = 0.45, 0.9  # of skill, and of the rest
_LEAST_VISIBLE, _VISIBLE = 0.5, (4, 2)  # and beta of what comes on top


@dataclass(frozen=True)
class Households:
    """The households of a chunk; arrays are by household.

    Attributes:
        number: eighteen-digit household number, the contractor code of its land.
        kind: index into KINDS.
        ability: latent skill, standard normal; raises yields, prices, wages and savings.
        stability: latent steadiness, standard normal; prevents loss of jobs, and default.
        size: members at the window's start.
        elders: members aged 60 or more at the window's start.
        dependants: share of members below 16 or above 65.
        earners: members with wages, 0 to 2.
        education: education of the head.
        own_mu: contracted land.
        rented_in_mu: land rented from others, 0 if none.
        rented_out_mu: own land rented to others.
        house: latent quality of the house, standard normal.
        visible: share of farm sales and spending that passes through the bank.
        came: day on which a newcomer opens its first account; NaT for households with one before the window.
        first_asks: day on which a newcomer first applies for a loan; NaT for other households.
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
    stability = _STEADINESS[0] * ability + rng.normal(scale=_STEADINESS[1], size=count)
    kind = rng.choice(4, count, p=_SHARES)
    age = people.age_at(scope.start)
    present = people.valid_from <= scope.start
    size = people.counted(count, present)
    youngest, oldest = _WORKING_AGES
    can_work = (age >= youngest) & (age <= oldest) & ((people.relation != CHILD) | (age >= _CHILD_WORKS_AT))
    workers = people.counted(count, present & can_work)
    own, large = np.round(_log_normal(rng, *_OWN_MU, count), 2), _log_normal(rng, *_LARGE_MU, count)
    some = np.where(rng.random(count) < _SOME_SHARE, rng.uniform(*_SOME_MU, count), 0)
    lets = (kind != GROWER) & (rng.random(count) < np.where(kind == PART_TIME, _LETS_SHARE, _LETS_SHARE_OF_REST))
    chance = _EARNS_SHARE[kind]
    earners = (rng.random(count) < chance).astype(int) + (rng.random(count) < _SECOND_EARNS * chance)
    came, first_asks = _newcomers(scope, chunk, kind)
    schooling = _SCHOOLING[0] * ability + _SCHOOLING[1] * (age[:count] - 50) + rng.normal(size=count)
    return Households(
        number=numbered(places.issuer, places.number, 4),
        kind=kind,
        ability=ability,
        stability=stability,
        size=size,
        elders=people.counted(count, present & (age >= 60)),
        dependants=people.counted(count, present & ((age < 16) | (age > 65))) / size,
        earners=np.minimum(earners, np.maximum(workers - (kind != PART_TIME), 0)),
        education=_SCHOOLS[np.digitize(schooling, _SCHOOL_FROM)],
        own_mu=own,
        rented_in_mu=np.where(kind == GROWER, large, some).round(2),
        rented_out_mu=np.where(lets, own * rng.uniform(*_LET, count), 0).round(2),
        house=_HOUSE[0] * ability + _HOUSE[1] * rng.normal(size=count),
        visible=_LEAST_VISIBLE + (1 - _LEAST_VISIBLE) * rng.beta(*_VISIBLE, count),
        came=came,
        first_asks=first_asks,
    )


def _log_normal(rng: np.random.Generator, median: float, spread: float, count: int) -> np.ndarray:
    return np.exp(rng.normal(np.log(median), spread, count))


def _newcomers(scope: Scope, chunk: int, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days on which newcomers come to the bank, mostly in the half year before they apply, and on which they apply.

    Like other households, most apply in the middle of the window, so that the mix of applicants drifts little, and an
    equal share in the last days.
    """
    rng = scope.rng(chunk, Stream.NEWCOMERS)
    is_one = rng.random(len(kind)) < scope.thin_files * _LIKELIER[kind] / (_SHARES @ _LIKELIER)
    span = (scope.last_days - scope.start).astype(int)
    begins = min(_FIRST_DAYS, span - 1)
    earlier = scope.start + begins + ((span - begins) * rng.beta(*_ASKS, len(kind))).astype(int)
    pending = scope.last_days + rng.integers(1, PENDING_DAYS - 1, len(kind))
    asks = np.where(rng.random(len(kind)) < PENDING_SHARE, pending, earlier)
    known_days = _SHORTEST_DAYS + (_LONGEST_DAYS - _SHORTEST_DAYS) * rng.beta(*_CAME, len(kind))
    came = asks - known_days.astype(int)
    never = np.datetime64("NaT", "D")
    return np.where(is_one, came, never), np.where(is_one, asks, never)


def founded(places: Places, people: Persons) -> np.ndarray:
    """Number of the household that each person founded after splitting off; numbers from 5000 are reserved for it."""
    order = places.number[people.household]
    sibling = np.zeros(len(order), int)
    splitting = np.flatnonzero(people.splits)
    seen: dict[int, int] = {}
    for person in splitting:
        home = int(people.household[person])
        sibling[person] = seen[home] = seen.get(home, -1) + 1
    return numbered(places.issuer[people.household], 5000 + 100 * sibling + order % 100, 4)
