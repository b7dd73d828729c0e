"""Parcels, and the contracts by which households rent them in and out.

Every figure here is assumed: numbers of parcels, lengths of leases, rents, and shares of renewed and registered leases.
"""

from dataclasses import dataclass

import numpy as np

from sandbox.county.households import GROWER, Households
from sandbox.county.identity import numbered
from sandbox.county.places import Places
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope

NONE = np.datetime64("NaT", "D")
OWN, IN, OUT = range(3)

_RENT, _RENT_RANGE = (460, 130), (120, 1200)  # mean and standard deviation, and bounds, CNY per mu and year
_LEAST_MU = 0.05  # area below which no parcel is made
_LEASED_BEFORE, _RENEWED = (0.85, 0.65), (0.9, 0.6)  # shares of leases of growers and of other households
_LEASE_YEARS, _LEASE_SHARES = (1, 3, 5, 8), (0.15, 0.35, 0.35, 0.15)  # terms of first contracts and their shares
_REGISTERED = 0.72  # share of contracts


@dataclass(frozen=True)
class Parcels:
    """Parcels of a chunk's households; arrays are by parcel.

    Attributes:
        household: index of the household.
        sequence: number of the parcel within the household.
        code: nineteen-digit parcel code.
        area_mu: area.
        tenure: OWN, IN (rented in) or OUT (rented out).
        lease_from: first day of the lease; NaT if there is none.
        renewed: day on which a second contract follows the first; NaT if none does.
        lease_to: day after the lease's last.
        rent: CNY per mu and year.
    """

    household: np.ndarray
    sequence: np.ndarray
    code: np.ndarray
    area_mu: np.ndarray
    tenure: np.ndarray
    lease_from: np.ndarray
    renewed: np.ndarray
    lease_to: np.ndarray
    rent: np.ndarray

    def tilled_of(self, parcel: np.ndarray, sown: np.ndarray) -> np.ndarray:
        """Whether the household itself can till each of these parcels, sown on these days."""
        tenure = self.tenure[parcel]
        leased = (self.lease_from[parcel] <= sown) & (sown < self.lease_to[parcel])
        return (tenure == OWN) | (leased == (tenure == IN))


def survey(scope: Scope, chunk: int, places: Places, homes: Households) -> Parcels:
    """Lay out the parcels of a chunk's households and their leases."""
    rng = scope.rng(chunk, Stream.PARCELS)
    parts = [
        _split(rng, homes.own_mu - homes.rented_out_mu, rng.integers(1, 5, len(homes)), OWN),
        _split(rng, homes.rented_in_mu, rng.integers(1, 4, len(homes)), IN),
        _split(rng, homes.rented_out_mu, np.ones(len(homes), int), OUT),
    ]
    household, sequence, area, tenure = (np.concatenate(column) for column in zip(*parts, strict=True))
    number = places.number[household] * 10 + sequence + np.array([0, 50_000, 5])[tenure]
    start, renewed, to = _leases(rng, scope, tenure, homes.kind[household] == GROWER)
    return Parcels(
        household=household,
        sequence=sequence,
        code=numbered(places.issuer[household], number, 5),
        area_mu=area,
        tenure=tenure,
        lease_from=start,
        renewed=renewed,
        lease_to=to,
        rent=np.clip(rng.normal(*_RENT, len(household)), *_RENT_RANGE).round(-1),
    )


def _split(rng: np.random.Generator, total: np.ndarray, pieces: np.ndarray, tenure: int) -> tuple[np.ndarray, ...]:
    """Divide each household's area into `pieces` parcels; households without area get none."""
    weight = rng.gamma(4, size=(len(total), pieces.max(initial=1)))
    weight *= np.arange(weight.shape[1]) < pieces[:, None]
    area = (total[:, None] * weight / weight.sum(axis=1, keepdims=True)).round(2)
    household, sequence = np.nonzero(area > _LEAST_MU)
    return household, sequence, area[household, sequence], np.full(len(household), tenure)


def _leases(
    rng: np.random.Generator, scope: Scope, tenure: np.ndarray, is_grower: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count, window = len(tenure), scope.months * 30
    earlier = rng.random(count) < np.where(is_grower, *_LEASED_BEFORE)
    start = np.where(
        earlier, scope.start - rng.integers(400, 2400, count), scope.start + rng.integers(0, window, count)
    )
    start = start.astype("datetime64[M]").astype("datetime64[D]")
    middle = start + rng.choice(_LEASE_YEARS, count, p=_LEASE_SHARES) * 365
    renews = (middle < scope.as_of) & (rng.random(count) < np.where(is_grower, *_RENEWED))
    to = np.where(renews, np.maximum(middle + 3 * 365, scope.start + window + 400), middle)
    own = tenure == OWN
    return np.where(own, NONE, start), np.where(own | ~renews, NONE, middle), np.where(own, NONE, to)


@dataclass(frozen=True)
class Transfers:
    """Transfer contracts; arrays are by contract, `parcel` points into the chunk's parcels."""

    parcel: np.ndarray
    term: np.ndarray
    signed: np.ndarray
    valid_from: np.ndarray
    valid_to: np.ndarray
    is_registered: np.ndarray


def contracts(scope: Scope, chunk: int, parcels: Parcels) -> Transfers:
    """The contracts behind the leases; a renewed lease has two."""
    rng = scope.rng(chunk, Stream.TRANSFERS)
    first = np.flatnonzero(parcels.tenure != OWN)
    second = first[~np.isnat(parcels.renewed[first])]
    parcel = np.concatenate([first, second])
    term = np.repeat([0, 1], [len(first), len(second)])
    renewed, to = parcels.renewed[parcel], parcels.lease_to[parcel]
    valid_from = np.where(term == 1, renewed, parcels.lease_from[parcel])
    return Transfers(
        parcel=parcel,
        term=term,
        signed=valid_from - rng.integers(3, 60, len(parcel)),
        valid_from=valid_from,
        valid_to=np.where((term == 1) | np.isnat(renewed), to, renewed),
        is_registered=rng.random(len(parcel)) < _REGISTERED,
    )
