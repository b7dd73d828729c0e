"""What households spend, month by month, and what that leaves on their accounts.

What is spent, saved and given, by size of the household and income, is assumed.
"""

from dataclasses import dataclass

import numpy as np

from sandbox.county.households import Households
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope

CUSHION_MONTHS = 7  # of living costs; what lies above it is put aside or given away


@dataclass(frozen=True)
class Budget:
    """A household's months, CNY; arrays of shape (households, months) unless said otherwise.

    Attributes:
        opening: balance before the first month, by household.
        opening_savings: savings before the first month, by household.
        living: spent on living.
        helped: got from relatives when nothing was left.
        transfers: transferred away from plenty.
        saved: moved to savings, negative when taken from them.
        balance: at the end of the month, without savings.
        savings: at the end of the month.
    """

    opening: np.ndarray
    opening_savings: np.ndarray
    living: np.ndarray
    helped: np.ndarray
    transfers: np.ndarray
    saved: np.ndarray
    balance: np.ndarray
    savings: np.ndarray


def plan(scope: Scope, chunk: int, homes: Households, income: np.ndarray) -> np.ndarray:
    """Monthly living costs that a household means to afford, CNY, by household and month.

    It leans on lasting income and household size; Spring Festival costs most.
    """
    rng = scope.rng(chunk, Stream.LIVING_COSTS)
    lasting = np.maximum(income.mean(axis=1), 900)
    usual = (430 + 260 * homes.size + 0.42 * lasting) * np.exp(-0.05 * homes.stability - 0.03 * homes.ability)
    calendar = (scope.first_month.astype(int) + np.arange(scope.horizon)) % 12
    season = np.select([calendar == 0, calendar == 1, calendar == 8], [1.5, 1.35, 1.12], 0.93)
    return usual[:, None] * season * np.exp(rng.normal(0, 0.13, income.shape))


def live(
    scope: Scope,
    chunk: int,
    homes: Households,
    net: np.ndarray,
    costs: np.ndarray,
    has_savings: np.ndarray,
    distress: np.ndarray,
) -> Budget:
    """Go through the months: spend, save what is plenty, draw on savings, cut back, and at last ask relatives.

    In distress (illness, a private lender) everything that can be spared is given away.

    Args:
        scope: the county.
        chunk: number of the chunk.
        homes: its households.
        net: money in less money out before living, CNY, by household and month.
        costs: planned living costs, of the same shape.
        has_savings: whether a household has a savings account.
        distress: whether a household is in distress in a month.
    """
    rng = scope.rng(chunk, Stream.BUDGET)
    usual = costs.mean(axis=1)
    balance = opening = np.round(usual * rng.gamma(1.6, 1.3, len(homes)) * np.exp(0.25 * homes.ability), 2)
    plenty = usual * rng.gamma(1.5, 6, len(homes)) * np.exp(0.3 * homes.ability + 0.15 * homes.stability)
    savings = opening_savings = np.round(np.where(has_savings, plenty, 0), -2)
    floor = usual * rng.gamma(1.5, 0.18, len(homes))
    months: list[tuple[np.ndarray, ...]] = []
    for month in range(net.shape[1]):
        cost, broke = costs[:, month], distress[:, month]
        short = np.maximum(cost + floor - balance - net[:, month], 0)
        drawn = np.where(broke, savings, np.minimum(savings, np.ceil(short / 100) * 100))
        cut = np.minimum(0.4 * cost, np.maximum(short - drawn, 0))
        helped = np.ceil(np.maximum(short - drawn - cut, 0) / 100) * 100
        balance = balance + net[:, month] + drawn + helped - (cost - cut)
        extra = np.maximum(balance - CUSHION_MONTHS * usual, 0)
        put = np.where(has_savings & ~broke, np.floor(0.8 * extra / 100) * 100, 0)
        spare = np.where(has_savings, 0, 0.3 * extra * (extra > 2 * usual))
        transfers = np.floor(np.where(broke, np.maximum(balance - floor, 0), spare) / 100) * 100
        balance, savings = balance - put - transfers, savings + put - drawn
        months.append((cost - cut, helped, transfers, put - drawn, balance, savings))
    return Budget(opening, opening_savings, *(np.stack(series, axis=1) for series in zip(*months, strict=True)))
