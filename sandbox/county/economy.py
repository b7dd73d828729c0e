"""A household's money before credit: wages, sales, subsidies, rents, inputs and pensions.

Every figure here is assumed, in the order of what such households get: wages, spells without work, subsidies, pensions.
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
MAIN, SECOND, SAVINGS, BENEFITS = range(4)  # the household's account on which a flow is booked
PENSION_CNY = 145
LAND_SUBSIDY_CNY_MU = 104
SECOND_SPENDS = 0.25  # share of the wage; the second earner sends the rest to the main account

_WAGE_CNY, _WAGE_SD, _WAGE_BY_SKILL = (
    3050,
    0.27,
    0.13,
)  # monthly median, log-normal; log per deviation of skill
_LOSES, _LOSES_BY_STEADINESS = 0.022, -0.65  # jobs a month; log per standard deviation
_WORKS_AT_FIRST, _HIRED = 0.93, 0.28  # share with work in the first month; of those without, each month
_SEASON = {0: 1.35, 1: 0.5}  # pay before Spring Festival, and weeks at home after it
_GROWTH, _MONTHLY_SD = 1.035, 0.07  # of wages a year; log-normal
_FIRST_LOT, _ALL_AT_ONCE = (0.45, 1.0), 0.8  # of a harvest; above it all is sold in one lot
_LOT_DAYS = (2, 20), (20, 45)  # from the harvest, of each lot
_SOLD_DAYS = 0, 9  # of animals, from a cycle's end
_SOWN_DAYS, _STOCKED_DAYS, _FED_DAYS = (0, 28), (0, 4), (5, 25)  # before sowing, before the start, within each month
_YOUNG_SHARE, _FEED_SHARE = 0.35, 0.65  # of what a cycle costs
_LARGE_CYCLE_CNY, _ON_CREDIT, _ON_CREDIT_SMALL = 20_000, 0.8, 0.2  # feed paid for after the sale, by what it costs
_CREDIT_DAYS = 3, 18  # from the sale
_PAYOUT_DAYS = 30, 90  # from the loss


@dataclass(frozen=True)
class Flows:
    """Money in and out; arrays are by flow.

    Attributes:
        household: index of the household.
        day: day of the booking.
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
    """All earnings of a household, and the costs of its farm.

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
    """Monthly wages in CNY by household, earner and month, with spells without work and more pay at the new year."""
    count, months = len(homes), scope.horizon
    level = np.exp(rng.normal(np.log(_WAGE_CNY), _WAGE_SD, (count, 2)) + _WAGE_BY_SKILL * homes.ability[:, None])
    loses = _LOSES * np.exp(_LOSES_BY_STEADINESS * homes.stability)[:, None]
    works = np.empty((count, 2, months), bool)
    works[:, :, 0] = rng.random((count, 2)) < _WORKS_AT_FIRST
    for month in range(1, months):
        draw = rng.random((count, 2))
        works[:, :, month] = np.where(works[:, :, month - 1], draw > loses, draw < _HIRED)
    calendar = (scope.first_month.astype(int) + np.arange(months)) % 12
    season = np.select([calendar == month for month in _SEASON], [*_SEASON.values()], 1.0)
    growth = _GROWTH ** (np.arange(months) / 12)
    noise = np.exp(rng.normal(0, _MONTHLY_SD, works.shape))
    hired = np.arange(2) < homes.earners[:, None]
    return np.round(level[:, :, None] * works * hired[:, :, None] * season * growth * noise, -1)


def _wage_flows(scope: Scope, rng: np.random.Generator, wage: np.ndarray) -> Flows:
    household, earner, month = np.nonzero(wage)
    day = (scope.first_month + month).astype("datetime64[D]") + (9 + household % 12) + rng.integers(0, 3, len(month))
    paid = flows(household, day, "wage", wage[household, earner, month])
    return Flows(paid.household, paid.day, paid.category, paid.cny, np.where(earner == 1, SECOND, MAIN))


def _sales(rng: np.random.Generator, harvests: Harvests, cycles: BreedingCycles) -> list[Flows]:
    """Crops sell in one or two lots within six weeks of the harvest, animals within days."""
    first = rng.uniform(*_FIRST_LOT, len(harvests.revenue))
    first = np.where(first > _ALL_AT_ONCE, 1.0, first)
    lots = []
    for share, days in zip((first, 1 - first), _LOT_DAYS, strict=True):
        day = harvests.harvested + rng.integers(*days, len(share))
        lots.append(flows(harvests.household, day, "crop_sale", harvests.revenue * share))
    sold = cycles.end + rng.integers(*_SOLD_DAYS, len(cycles.end))
    return [*lots, flows(cycles.household, sold, "livestock_sale", cycles.revenue)]


def _inputs(rng: np.random.Generator, harvests: Harvests, cycles: BreedingCycles) -> list[Flows]:
    """Seed and fertiliser before sowing, young animals at the start, feed monthly or, on credit, after the sale."""
    sown = harvests.sown - rng.integers(*_SOWN_DAYS, len(harvests.sown))
    parts = [flows(harvests.household, sown, "input_purchase", -harvests.cost)]
    stocked = cycles.start - rng.integers(*_STOCKED_DAYS, len(cycles.start))
    parts.append(flows(cycles.household, stocked, "input_purchase", -_YOUNG_SHARE * cycles.cost))
    meals = np.maximum((cycles.end - cycles.start).astype(int) // 30, 1)
    cycle = np.repeat(np.arange(len(meals)), meals)
    meal = np.arange(len(cycle)) - np.repeat(np.cumsum(meals) - meals, meals)
    fed = cycles.start[cycle] + 30 * meal + rng.integers(*_FED_DAYS, len(cycle))
    on_credit = rng.random(len(meals)) < np.where(cycles.cost > _LARGE_CYCLE_CNY, _ON_CREDIT, _ON_CREDIT_SMALL)
    day = np.where(on_credit[cycle], cycles.end[cycle] + rng.integers(*_CREDIT_DAYS, len(cycle)), fed)
    parts.append(flows(cycles.household[cycle], day, "input_purchase", -(_FEED_SHARE * cycles.cost / meals)[cycle]))
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
        paid = day + rng.integers(*_PAYOUT_DAYS, len(day))
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
