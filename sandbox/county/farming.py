"""Crops on the parcels: seasons, weather, yields, prices, costs.

Every figure here is assumed, such as the effect of a household's skill. So are yields, prices, costs and sensitivities
in `crops.csv`.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from sandbox.county import shocks
from sandbox.county.households import GROWER, PART_TIME, Households
from sandbox.county.land import Parcels
from sandbox.county.places import Places, read
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope

# months from January of the year of sowing until a season is settled
_SETTLED_MONTHS = {"spring": 11, "autumn": 19, "perennial": 14}
_CHANGED_CROP, _SPRING_SOWN = 0.15, 0.9  # share of parcels with another crop than usual; of spring land that is sown
_SOWN_OF_PARCEL = (0.88, 1.0)  # share of a parcel's area
_HIT, _HIT_PER_ABILITY = (0.4, 1.6), 0.02  # part of a township's disaster that hits a parcel, less with ability
_LOCAL_SHARE, _LOCAL_HIT = 0.04, (0.1, 0.5)  # parcels with a disaster of their own; part of the area
_PRICE_PER_ABILITY, _PRICE_SD = 0.04, 0.05  # of the logarithm of a price
_YIELD_PER_ABILITY, _YIELD_SD, _LOST = 0.09, 0.12, 0.85  # of the logarithm of a yield; lost where disaster strikes
_INSURED, _PAYOUT, _COST_SD = (0.55, 0.3), 0.45, 0.1  # growers and others; share of costs; of the logarithm of costs


@dataclass(frozen=True)
class Harvests:
    """Crops grown in the whole simulated span, before and after the window too; arrays are by harvest.

    Attributes:
        parcel: index into the chunk's parcels.
        household: index of the household.
        crop: crop code.
        season: `<year of sowing>-<spring|autumn|perennial>`.
        sown, harvested: days.
        settled: day on which the season is over, its harvest sold and its debts paid.
        area_mu, disaster_mu: sown area and the part hit by disaster.
        yield_kg, price: harvest and CNY per kg at the farm gate.
        revenue: CNY from the part that is sold; the rest is eaten or fed.
        cost: CNY of bought inputs.
        is_insured: whether part of a disaster's loss is insured.
        payout: CNY paid by the insurer.
    """

    parcel: np.ndarray
    household: np.ndarray
    crop: np.ndarray
    season: np.ndarray
    sown: np.ndarray
    harvested: np.ndarray
    settled: np.ndarray
    area_mu: np.ndarray
    disaster_mu: np.ndarray
    yield_kg: np.ndarray
    price: np.ndarray
    revenue: np.ndarray
    cost: np.ndarray
    is_insured: np.ndarray
    payout: np.ndarray


@cache
def crops(slot: str) -> list[dict]:
    """The crops of a slot of the year, with numbers as floats."""
    text = ("crop_code", "slot")
    rows = (row for row in read("crops.csv") if row["slot"] == slot)
    return [{key: value if key in text else float(value) for key, value in row.items()} for row in rows]


def grow(scope: Scope, chunk: int, places: Places, homes: Households, parcels: Parcels) -> Harvests:
    """Simulate the harvests on the parcels of a chunk, season by season."""
    rng = scope.rng(chunk, Stream.HARVESTS)
    household, weights = parcels.household, places.profile
    grower, idle = homes.kind[household] == GROWER, homes.kind[household] == PART_TIME
    tree = rng.random(len(household)) < np.select([grower, idle], [1.25, 0.6], 0.85) * (
        weights["sichuan_pepper"] + weights["citrus"]
    )
    habit = {slot: rng.random(len(household)) for slot in shocks.SEASONS}
    first, last = (int(str(scope.first_month + k)[:4]) for k in (0, scope.horizon - 1))
    parts = []
    for year in range(first - 1, last + 1):
        for slot in shocks.SEASONS:
            changes = rng.random(len(household)) < (0.0 if slot == "perennial" else _CHANGED_CROP)
            choice = _choose(slot, weights, np.where(changes, rng.random(len(household)), habit[slot]))
            fits = tree == (slot == "perennial")
            severity = np.array(
                [shocks.weather(scope.seed, town, year, slot, scope.drought_year) for town in places.towns]
            )[places.town_index]
            for index, crop in enumerate(crops(slot)):
                parcel = np.flatnonzero(fits & (choice == index))
                parts.append(_season(scope, rng, year, crop, parcel, homes, parcels, severity * weights["aridity"]))
    return Harvests(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _choose(slot: str, weights: dict[str, float], draw: np.ndarray) -> np.ndarray:
    """Index of the crop on each parcel in a slot; for a fallow parcel, the number of crops."""
    shares = np.array([weights[crop["crop_code"]] for crop in crops(slot)])
    if slot != "autumn":  # part of the spring land is fallow, trees always bear
        shares = shares / shares.sum() * (1.0 if slot == "perennial" else _SPRING_SOWN)
    return np.searchsorted(np.cumsum(shares), draw, side="right")


def _season(
    scope: Scope,
    rng: np.random.Generator,
    year: int,
    crop: dict,
    parcel: np.ndarray,
    homes: Households,
    parcels: Parcels,
    severity: np.ndarray,
) -> tuple[np.ndarray, ...]:
    sown = np.datetime64(f"{year}-01-01") + int(crop["sow_doy"]) + rng.integers(-9, 10, len(parcel))
    tilled = parcels.tilled_of(parcel, sown)
    parcel, sown = parcel[tilled], sown[tilled]
    count, household = len(parcel), parcels.household[parcel]
    harvested = sown + (crop["days_to_harvest"] + rng.integers(-10, 11, count)).astype(int)
    ability, large = homes.ability[household], homes.kind[household] == GROWER
    area = (parcels.area_mu[parcel] * rng.uniform(*_SOWN_OF_PARCEL, count)).round(2)
    share = np.clip(
        severity[household] * crop["sensitivity"] * rng.uniform(*_HIT, count) - _HIT_PER_ABILITY * ability, 0, 1
    )
    share = np.maximum(share, np.where(rng.random(count) < _LOCAL_SHARE, rng.uniform(*_LOCAL_HIT, count), 0))
    disaster = np.where(share < 0.05, 0, np.floor(area * share * 100) / 100)
    index = shocks.price(scope.seed, crop["crop_code"], year, crop["price_sd"], scope.drought_year)
    price = (
        crop["price_cny_kg"] * index * np.exp(_PRICE_PER_ABILITY * ability + rng.normal(0, _PRICE_SD, count))
    ).round(3)
    full = area * crop["yield_kg_mu"] * np.exp(_YIELD_PER_ABILITY * ability + rng.normal(0, _YIELD_SD, count))
    kilos = np.round(full - _LOST * full * np.divide(disaster, area), 2)
    insured = rng.random(count) < np.where(large, *_INSURED)
    return (
        parcel,
        household,
        np.full(count, crop["crop_code"], dtype="U14"),
        np.full(count, f"{year}-{crop['slot']}", dtype="U14"),
        sown,
        harvested,
        np.full(count, (np.datetime64(f"{year}-01") + _SETTLED_MONTHS[crop["slot"]]).astype("datetime64[D]") - 1),
        area,
        disaster,
        kilos,
        price,
        kilos * price * np.where(large, np.maximum(crop["sold_small"], 0.9), crop["sold_small"]),
        area * crop["cost_cny_mu"] * np.exp(rng.normal(0, _COST_SD, count)),
        insured,
        np.where(insured, _PAYOUT * disaster * crop["cost_cny_mu"], 0),
    )
