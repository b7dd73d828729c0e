"""Animals: cycles of stocking, illness, death and sale.

Every figure here is assumed: rates of vaccination, insurance and death, and the factors that change them. So are herds
and prices in `species.csv`.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from sandbox.county import shocks
from sandbox.county.households import BREEDER, Households
from sandbox.county.places import Places, read
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope

_MAIN_SPECIES = (0.55, 0.2, 0.08, 0.08, 0.05, 0.04)  # share of breeders by main species, in the order of `species.csv`
_KEPT_SMALL = 0.9  # share of cycles that small herds don't skip
_HERD_SD, _HERD_PER_ABILITY = 0.5, 0.1  # of the logarithm of a household's herd; its relative rise with ability
_VACCINATED, _INSURED = (0.93, 0.75), (0.7, 0.2)  # shares of cycles of large and of small herds
_OUTBREAK_FACTOR = (0.7, 1.2)  # of an outbreak's mortality, for vaccinated and other herds
_DEATHS_PER_ABILITY, _DEATHS_SD = -0.15, 0.35  # of the logarithm of mortality
_SPREAD, _MOST_DEATHS = (0.2, 1.4), 0.95  # part of a township's outbreak that hits a herd; bound of its mortality
_ILL_OF_RATE, _ILL_OF_SPREAD, _MOST_ILL = 0.6, 0.3, 0.9  # animals that fall ill and recover, by what kills others
_PRICE_SD, _YEARLY_PRICE_SD = 0.05, 0.07  # of the logarithm of a price, between sales and between years
_PAYOUT = 0.4  # share of a dead animal's price that insurance pays


@dataclass(frozen=True)
class BreedingCycles:
    """Breeding cycles in the whole simulated span; arrays are by cycle.

    Attributes:
        household: index of the household.
        species: species code.
        number: number of the cycle within household and species, from 1.
        start, end: days of stocking and of the last sale.
        stocked, died, diseased, sold: head.
        price: CNY per animal sold.
        revenue, cost: CNY from sales and for young animals, feed and vaccines.
        is_insured, is_vaccinated: flags.
        payout: CNY paid by the insurer for dead animals.
    """

    household: np.ndarray
    species: np.ndarray
    number: np.ndarray
    start: np.ndarray
    end: np.ndarray
    stocked: np.ndarray
    died: np.ndarray
    diseased: np.ndarray
    sold: np.ndarray
    price: np.ndarray
    revenue: np.ndarray
    cost: np.ndarray
    is_insured: np.ndarray
    is_vaccinated: np.ndarray
    payout: np.ndarray


@cache
def species() -> list[dict]:
    """The species that households keep, with numbers as floats."""
    return [
        {key: value if key == "species_code" else float(value) for key, value in row.items()}
        for row in read("species.csv")
    ]


def breed(scope: Scope, chunk: int, places: Places, homes: Households) -> BreedingCycles:
    """Simulate the breeding cycles of a chunk's households, one after the other."""
    rng = scope.rng(chunk, Stream.BREEDING)
    breeder = homes.kind == BREEDER
    main = rng.choice(len(species()), len(homes), p=_MAIN_SPECIES)
    parts = []
    for index, kind in enumerate(species()):
        share = places.profile["pig_share"] if kind["species_code"] == "pig" else kind["keep_share"]
        specialised = breeder & (main == index)
        keeper = np.flatnonzero(specialised | (rng.random(len(homes)) < share))
        parts.append(_cycles(scope, rng, kind, keeper, specialised[keeper], places, homes))
    return BreedingCycles(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _cycles(
    scope: Scope,
    rng: np.random.Generator,
    kind: dict,
    keeper: np.ndarray,
    large: np.ndarray,
    places: Places,
    homes: Households,
) -> tuple[np.ndarray, ...]:
    length, gap = kind["cycle_days"], rng.integers(10, 60, len(keeper))
    origin = scope.first_month.astype("datetime64[D]")
    turns = int(scope.horizon * 31 / (length + 10)) + 2
    who, turn = np.divmod(np.arange(len(keeper) * turns), turns)
    offset = rng.integers(0, int(length) + 60, len(keeper))[who] + turn * (length + gap[who])
    start = origin - int(length) + offset.astype(int)
    end = start + (length * rng.uniform(0.93, 1.07, len(who))).astype(int)
    number = rng.integers(1, 15, len(keeper))[who] + turn
    kept = (
        (end >= origin)
        & (end < origin + scope.horizon * 30)
        & (rng.random(len(who)) < np.where(large[who], 1, _KEPT_SMALL))
    )
    who, start, end, number = who[kept], start[kept], end[kept], number[kept]
    household, big = keeper[who], large[who]
    herd = np.where(large, kind["large_head"], kind["small_head"]) * np.exp(rng.normal(0, _HERD_SD, len(keeper)))
    stocked = np.maximum(rng.poisson(herd[who] * (1 + _HERD_PER_ABILITY * homes.ability[household])), 1)
    vaccinated = rng.random(len(who)) < np.where(big, *_VACCINATED)
    outbreak = _outbreaks(scope, kind["species_code"], places, household, end) * np.where(vaccinated, *_OUTBREAK_FACTOR)
    rate = kind["mortality"] * np.exp(
        _DEATHS_PER_ABILITY * homes.ability[household] + rng.normal(0, _DEATHS_SD, len(who))
    )
    spread = outbreak * rng.uniform(*_SPREAD, len(who))
    died = rng.binomial(stocked, np.clip(rate + spread, 0, _MOST_DEATHS))
    recovered = rng.binomial(stocked - died, np.clip(_ILL_OF_RATE * rate + _ILL_OF_SPREAD * spread, 0, _MOST_ILL))
    sold = np.maximum(stocked - died - np.where(big, 0, np.minimum(kind["kept"], stocked)).astype(int), 0)
    price = (
        kind["price_cny"] * _price_index(scope, kind["species_code"], end) * np.exp(rng.normal(0, _PRICE_SD, len(who)))
    )
    insured = rng.random(len(who)) < np.where(big, *_INSURED)
    return (
        household,
        np.full(len(who), kind["species_code"], dtype="U8"),
        number.astype(int),
        start,
        end,
        stocked,
        died,
        np.minimum(died + recovered, stocked),
        sold,
        price.round(2),
        sold * price,
        stocked * np.where(big, kind["cost_large"], kind["cost_small"]),
        insured,
        vaccinated,
        np.where(insured, _PAYOUT * died * kind["price_cny"], 0),
    )


def _outbreaks(scope: Scope, code: str, places: Places, household: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Extra mortality of the township and half-year in which a cycle ends."""
    half = end.astype("datetime64[M]").astype(int) // 6
    wave = (int(scope.drought_year) - 1970) * 2
    table = {
        (town, at): shocks.disease(scope.seed, code, places.towns[town], at, wave)
        for town in range(len(places.towns))
        for at in np.unique(half).tolist()
    }
    return np.array([table[key] for key in zip(places.town_index[household].tolist(), half.tolist(), strict=True)])


def _price_index(scope: Scope, code: str, end: np.ndarray) -> np.ndarray:
    """Ratio of a price to its usual level: pigs follow the hog cycle by quarter, other prices vary by year."""
    if code == "pig":
        quarter, at = np.unique(end.astype("datetime64[M]").astype(int) // 3, return_inverse=True)
        return np.array([shocks.hog_cycle(scope.seed, int(q)) for q in quarter])[at]
    year, at = np.unique(end.astype("datetime64[Y]").astype(int) + 1970, return_inverse=True)
    return np.array([shocks.price(scope.seed, code, int(y), _YEARLY_PRICE_SD, 0) for y in year])[at]
