"""A household's money before credit: wages, sales, subsidies, rents, inputs, and what it lives on.

Wages, spells without work, subsidies and pensions are assumed amounts of the order that such households get.
"""

from dataclasses import dataclass

import numpy as np

from sandbox.county.breeding import BreedingCycles
from sandbox.county.farming import Harvests
from sandbox.county.households import Households
from sandbox.county.land import IN, OUT, Parcels
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope

CATEGORIES = (
    "crop_sale",
    "livestock_sale",
    "subsidy",
    "wage",
    "rent",
    "mobile_payment",
    "input_purchase",
    "living",
    "loan_repayment",
    "transfer",
)
MAIN, SECOND, SAVINGS, BENEFITS = range(4)  # which account of the household books a flow
PENSION_CNY = 145
LAND_SUBSIDY_CNY_MU = 104
SECOND_SPENDS = 0.25  # of their wage; the rest the second earner sends to the main account


@dataclass(frozen=True)
class Flows:
    """Money in and out; arrays are by flow.

    Attributes:
        household: index of the household.
        day: of the booking.
        category: index into CATEGORIES.
        cny: amount, positive when it comes in.
        account: MAIN, SECOND, SAVINGS or BENEFITS.
    """

    household: np.ndarray
    day: np.ndarray
    category: np.ndarray
    cny: np.ndarray
    account: np.ndarray

    def monthly(self, scope: Scope, households: int) -> np.ndarray:
        """Sum by household and month of the simulated span, in CNY."""
        total = np.zeros((households, scope.horizon))
        month = scope.month_of(self.day)
        inside = (month >= 0) & (month < scope.horizon)
        np.add.at(total, (self.household[inside], month[inside]), self.cny[inside])
        return total

    def only(self, mask: np.ndarray) -> "Flows":
        return Flows(*(column[mask] for column in vars(self).values()))


def flows(household: np.ndarray, day: np.ndarray, category: str, cny: np.ndarray, account: int = MAIN) -> Flows:
    """Flows of one category and account."""
    count = len(household)
    return Flows(household, day, np.full(count, CATEGORIES.index(category)), cny, np.full(count, account))


def merged(parts: list[Flows]) -> Flows:
    """One set of flows from several."""
    return Flows(*(np.concatenate([vars(part)[name] for part in parts]) for name in vars(parts[0])))


def earn(
    scope: Scope, chunk: int, homes: Households, parcels: Parcels, harvests: Harvests, cycles: BreedingCycles
) -> tuple[Flows, np.ndarray]:
    """Everything a household earns and what its farm costs.

    Returns:
        The flows with their true amounts, and the wages by household, earner and month.
    """
    rng = scope.rng(chunk, Stream.INCOME)
    wage = wages(scope, rng, homes)
    parts = [
        _wage_flows(scope, rng, wage),
        *_sales(rng, harvests, cycles),
        *_inputs(rng, harvests, cycles),
        *_subsidies(scope, rng, homes, harvests, cycles),
        _rents(scope, parcels),
    ]
    joined = merged(parts)
    return joined.only(np.abs(joined.cny) >= 1), wage


def wages(scope: Scope, rng: np.random.Generator, homes: Households) -> np.ndarray:
    """Monthly wages in CNY by household, earner and month: spells without work, pay before Spring Festival."""
    count, months = len(homes), scope.horizon
    level = np.exp(rng.normal(np.log(3050), 0.27, (count, 2)) + 0.13 * homes.ability[:, None])
    loses = 0.022 * np.exp(-0.65 * homes.stability)[:, None]
    works = np.empty((count, 2, months), bool)
    works[:, :, 0] = rng.random((count, 2)) < 0.93
    for month in range(1, months):
        draw = rng.random((count, 2))
        works[:, :, month] = np.where(works[:, :, month - 1], draw > loses, draw < 0.28)
    calendar = (scope.first_month.astype(int) + np.arange(months)) % 12
    season = np.select([calendar == 0, calendar == 1], [1.35, 0.5], 1.0)
    growth = 1.035 ** (np.arange(months) / 12)
    noise = np.exp(rng.normal(0, 0.07, works.shape))
    hired = np.arange(2) < homes.earners[:, None]
    return np.round(level[:, :, None] * works * hired[:, :, None] * season * growth * noise, -1)


def _wage_flows(scope: Scope, rng: np.random.Generator, wage: np.ndarray) -> Flows:
    household, earner, month = np.nonzero(wage)
    day = (scope.first_month + month).astype("datetime64[D]") + (9 + household % 12) + rng.integers(0, 3, len(month))
    paid = flows(household, day, "wage", wage[household, earner, month])
    return Flows(paid.household, paid.day, paid.category, paid.cny, np.where(earner == 1, SECOND, MAIN))


def _sales(rng: np.random.Generator, harvests: Harvests, cycles: BreedingCycles) -> list[Flows]:
    """Crops sell in one or two lots within six weeks of the harvest, animals within days."""
    first = rng.uniform(0.45, 1.0, len(harvests.revenue))
    first = np.where(first > 0.8, 1.0, first)
    lots = []
    for share, low, high in ((first, 2, 20), (1 - first, 20, 45)):
        day = harvests.harvested + rng.integers(low, high, len(share))
        lots.append(flows(harvests.household, day, "crop_sale", harvests.revenue * share))
    sold = cycles.end + rng.integers(0, 9, len(cycles.end))
    return [*lots, flows(cycles.household, sold, "livestock_sale", cycles.revenue)]


def _inputs(rng: np.random.Generator, harvests: Harvests, cycles: BreedingCycles) -> list[Flows]:
    """Seed and fertiliser before sowing, young animals at the start, feed monthly or, on credit, after the sale."""
    sown = harvests.sown - rng.integers(0, 28, len(harvests.sown))
    parts = [flows(harvests.household, sown, "input_purchase", -harvests.cost)]
    stocked = cycles.start - rng.integers(0, 4, len(cycles.start))
    parts.append(flows(cycles.household, stocked, "input_purchase", -0.35 * cycles.cost))
    meals = np.maximum((cycles.end - cycles.start).astype(int) // 30, 1)
    cycle = np.repeat(np.arange(len(meals)), meals)
    meal = np.arange(len(cycle)) - np.repeat(np.cumsum(meals) - meals, meals)
    fed = cycles.start[cycle] + 30 * meal + rng.integers(5, 25, len(cycle))
    on_credit = rng.random(len(meals)) < np.where(cycles.cost > 20_000, 0.8, 0.2)
    day = np.where(on_credit[cycle], cycles.end[cycle] + rng.integers(3, 18, len(cycle)), fed)
    parts.append(flows(cycles.household[cycle], day, "input_purchase", -(0.65 * cycles.cost / meals)[cycle]))
    return parts


def _subsidies(
    scope: Scope, rng: np.random.Generator, homes: Households, harvests: Harvests, cycles: BreedingCycles
) -> list[Flows]:
    """Land-fertility subsidy in May, pensions every month, insurers' payouts two months after a loss."""
    everyone, months = np.arange(len(homes)), np.arange(scope.horizon)
    month = scope.first_month + months
    may = month[month.astype(int) % 12 == 4].astype("datetime64[D]")
    household, year = (axis.ravel() for axis in np.meshgrid(everyone, np.arange(len(may)), indexing="ij"))
    land = np.repeat(homes.own_mu * LAND_SUBSIDY_CNY_MU, len(may))
    parts = [flows(household, may[year] + household % 20, "subsidy", land, BENEFITS)]
    household, at = np.nonzero(np.repeat(homes.elders[:, None] > 0, scope.horizon, axis=1))
    pension = (PENSION_CNY * homes.elders[household]).astype(float)
    parts.append(flows(household, month[at].astype("datetime64[D]") + 6, "subsidy", pension, BENEFITS))
    for loss, day in ((harvests, harvests.harvested), (cycles, cycles.end)):
        paid = day + rng.integers(30, 90, len(day))
        parts.append(flows(loss.household, paid, "subsidy", loss.payout, BENEFITS))
    return parts


def _rents(scope: Scope, parcels: Parcels) -> Flows:
    """Rent once a year, at the lease's anniversary: out for land rented in, in for land rented out."""
    leased = np.flatnonzero((parcels.tenure == IN) | (parcels.tenure == OUT))
    years = np.arange(scope.horizon // 12 + 9)
    parcel, year = (axis.ravel() for axis in np.meshgrid(leased, years, indexing="ij"))
    day = parcels.lease_from[parcel] + 365 * year
    due = day < parcels.lease_to[parcel]
    sign = np.where(parcels.tenure[parcel] == OUT, 1, -1)
    rent = sign * parcels.area_mu[parcel] * parcels.rent[parcel]
    return flows(parcels.household[parcel][due], day[due], "rent", rent[due])
