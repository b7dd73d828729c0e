"""The latent process behind default: its drivers, and the true PD of an application.

A lender's features can see some drivers in part (leverage, income and its gaps, crop losses, animal deaths, savings,
earlier arrears), some only by their traces (ability, stability), and others not in advance (next year's income, private
misfortune).
"""

from dataclasses import dataclass

import numpy as np

from sandbox.county.breeding import BreedingCycles
from sandbox.county.farming import Harvests
from sandbox.county.households import Households
from sandbox.county.scope import Scope

# We chose the sizes; docs/county.md says which studies agree on the direction, and sets the sizes beside published ones
INTERCEPT = -3.05
HIDDEN_SD = 0.4  # standard deviation of the causes that nobody records
WEIGHTS = {  # log-odds per standard unit of the driver, see `drivers`
    "leverage": 0.62,
    "poverty": 0.32,
    "wage_gaps": 0.42,
    "crop_loss": 0.34,
    "animal_loss": 0.30,
    "thin_savings": 0.46,
    "arrears": 0.75,
    "debts": 0.30,
    "rented": 0.14,
    "dependants": 0.16,
    "poor_house": 0.20,
    "unsteady": 0.42,
    "unskilled": 0.16,
}
SEEN_LATER = {"income_falls": 0.36}
# Assumed for newcomers, who live on their farm and use cash: losses of crops and herds, land rent, skill and house
# weigh more than for others; money at the bank and jobs weigh less. A lost harvest hits them when dealers and landlords
# ask for the season's money. First-time borrowers default more often than those who have borrowed before.
NEWCOMER_INTERCEPT = -2.8
NEWCOMER_WEIGHTS = WEIGHTS | {
    "leverage": 0.2,
    "poverty": 0.2,
    "wage_gaps": 0.1,
    "crop_loss": 0.0,
    "settled_loss": 0.9,
    "animal_loss": 0.9,
    "thin_savings": 0.1,
    "rented": 0.9,
    "poor_house": 1.3,
    "unsteady": 0.1,
    "unskilled": 0.4,
}


@dataclass(frozen=True)
class History:
    """Cumulative sums over the simulated months, of shape (households, months + 1).

    Attributes:
        income: net income before living costs, CNY.
        idle: months without a wage in a household with earners.
        sown, lost: area harvested and hit by disaster, mu.
        settled_sown, settled_lost: the same areas, by the month in which the season is settled.
        stocked, died: animals of ended cycles, weighted by their value.
        living: monthly living costs, CNY, by household.
        liquid: balances without credit at the end of each month, CNY, by household and month.
    """

    income: np.ndarray
    idle: np.ndarray
    sown: np.ndarray
    lost: np.ndarray
    settled_sown: np.ndarray
    settled_lost: np.ndarray
    stocked: np.ndarray
    died: np.ndarray
    living: np.ndarray
    liquid: np.ndarray


def remember(
    scope: Scope,
    homes: Households,
    income: np.ndarray,
    wage: np.ndarray,
    harvests: Harvests,
    cycles: BreedingCycles,
    living: np.ndarray,
    liquid: np.ndarray,
) -> History:
    """Arrange the simulated months for quick sums over any span."""

    def by_month(household: np.ndarray, day: np.ndarray, value: np.ndarray) -> np.ndarray:
        total, month = np.zeros((len(homes), scope.horizon)), scope.month_of(day)
        inside = (month >= 0) & (month < scope.horizon)
        np.add.at(total, (household[inside], month[inside]), value[inside])
        return total

    worth = cycles.price
    return History(
        *(
            np.pad(np.cumsum(monthly, axis=1), ((0, 0), (1, 0)))
            for monthly in (
                income,
                (homes.earners[:, None] > 0) & (wage.sum(axis=1) == 0),
                by_month(harvests.household, harvests.harvested, harvests.area_mu),
                by_month(harvests.household, harvests.harvested, harvests.disaster_mu),
                by_month(harvests.household, harvests.settled, harvests.area_mu),
                by_month(harvests.household, harvests.settled, harvests.disaster_mu),
                by_month(cycles.household, cycles.end, cycles.stocked * worth),
                by_month(cycles.household, cycles.end, cycles.died * worth),
            )
        ),
        living=living,
        liquid=liquid,
    )


def summed(series: np.ndarray, who: np.ndarray, month: np.ndarray, span: int) -> np.ndarray:
    """Sum over the `span` months before a month or, if `span` is negative, from that month on; by row."""
    first, last = np.minimum(month, month - span), np.maximum(month, month - span)
    top = series.shape[1] - 1
    return series[who, np.clip(last, 0, top)] - series[who, np.clip(first, 0, top)]


def drivers(
    history: History,
    homes: Households,
    who: np.ndarray,
    month: np.ndarray,
    requested: np.ndarray,
    outstanding: np.ndarray,
    arrears: np.ndarray,
) -> dict[str, np.ndarray]:
    """Drivers of default for households at months, each with a mean of about 0 and a unit spread."""
    income = np.maximum(summed(history.income, who, month, 12), 6000)
    ahead = np.maximum(summed(history.income, who, month, -12), 6000)

    def share_lost(lost: np.ndarray, sown: np.ndarray) -> np.ndarray:
        share = summed(lost, who, month, 12) / np.maximum(summed(sown, who, month, 12), 0.1)
        return np.minimum(share, 0.6) / 0.16 - 0.6

    died = summed(history.died, who, month, 12) / np.maximum(summed(history.stocked, who, month, 12), 1)
    months_saved = history.liquid[who, np.clip(month - 1, 0, None)] / history.living[who]
    return {
        "leverage": (np.log((requested + outstanding) / income) + 0.6) / 0.7,
        "poverty": -(np.log(income / homes.size[who]) - 9.85) / 0.65,
        "wage_gaps": summed(history.idle, who, month, 12) / 2.5 - 0.35,
        "crop_loss": share_lost(history.lost, history.sown),
        "settled_loss": share_lost(history.settled_lost, history.settled_sown),
        "animal_loss": np.minimum(died, 0.6) / 0.12 - 0.5,
        "thin_savings": -(np.log1p(np.maximum(months_saved, 0)) - 1.6) / 0.8,
        "arrears": arrears - 0.15,
        "debts": (outstanding > 0) * 1.5 - 0.3,
        "rented": np.log1p(homes.rented_in_mu[who]) / 1.3 - 0.6,
        "dependants": homes.dependants[who] / 0.25 - 0.8,
        "poor_house": -homes.house[who],
        "unsteady": -homes.stability[who],
        "unskilled": -homes.ability[who],
        "income_falls": -np.clip(np.log(ahead / income), -1.5, 1.5) / 0.5,
    }


def log_odds(values: dict[str, np.ndarray], weights: dict[str, float]) -> np.ndarray:
    """Weighted sum of drivers on the log-odds scale."""
    return sum((weight * values[name] for name, weight in weights.items()), np.zeros(()))


def known_odds(values: dict[str, np.ndarray], is_newcomer: np.ndarray) -> np.ndarray:
    """Log-odds of default from the facts up to the application."""
    return np.where(
        is_newcomer,
        NEWCOMER_INTERCEPT + log_odds(values, NEWCOMER_WEIGHTS),
        INTERCEPT + log_odds(values, WEIGHTS),
    )


def probability(odds: np.ndarray) -> np.ndarray:
    """PD from log-odds."""
    return 1 / (1 + np.exp(-odds))
