"""Shocks that households share: weather by township and season, prices by year, animal disease.

They are computed from hashes of (seed, place, time), never from a generator's state, so that every chunk, on any
machine, has the same drought.

Thresholds and sizes of weather, prices and disease are assumed.
"""

import hashlib
from statistics import NormalDist

import numpy as np

SEASONS = ("spring", "autumn", "perennial")
_NORMAL = NormalDist()


def uniform(seed: int, *key: object) -> float:
    """A uniform number in (0, 1) that depends only on seed and key."""
    digest = hashlib.blake2b(repr((seed, *key)).encode(), digest_size=6).digest()
    return (int.from_bytes(digest, "big") + 0.5) / 2**48


def normal(seed: int, *key: object) -> float:
    """A standard normal number that depends only on seed and key."""
    return _NORMAL.inv_cdf(uniform(seed, *key))


def weather(seed: int, town: str, year: int, season: str, drought_year: int) -> float:
    """Severity of bad weather from 0 to 1: the share of an exposed area that it hits."""
    draw = uniform(seed, "weather", town, year, season)
    if year == drought_year and season != "autumn":
        return 0.15 + 0.48 * draw
    return 0.55 * max(0.0, (draw - 0.62) / 0.38) ** 1.4


def price(seed: int, good: str, year: int, sd: float, drought_year: int) -> float:
    """Ratio of a good's price in a year to its usual price; scarcity after the drought raises it a little."""
    return float(np.exp(sd * normal(seed, "price", good, year)) * (1.04 if year == drought_year else 1.0))


def hog_cycle(seed: int, quarter: int) -> float:
    """Ratio of the price of pigs in a quarter (counted from 1970) to its usual one: a four-year cycle and noise."""
    return float(np.exp(0.10 * np.sin(2 * np.pi * quarter / 16 + 1.0) + 0.06 * normal(seed, "hog", quarter)))


def disease(seed: int, species: str, town: str, half: int, wave_half: int) -> float:
    """Extra mortality of a species in a township and half-year (counted from 1970); swine fever comes in a wave."""
    threshold = 0.96 if species != "pig" else 0.65 if half == wave_half else 0.94
    draw = uniform(seed, "disease", species, town, half)
    return 0.0 if draw < threshold else 0.12 + 0.45 * (draw - threshold) / (1 - threshold)
