"""The monthly spending of households, and the balances that remain on their accounts.

Every figure here is assumed: what is spent, saved and given, by size of the household and income.
"""

from dataclasses import dataclass

import numpy as np

from sandbox.county.households import Households
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope

CUSHION_MONTHS = 7  # months of living costs; money above this cushion is saved or given away

# monthly living costs, CNY: of any household, of each member, and of the lasting income, which is at least so much
_BASE_CNY, _MEMBER_CNY, _INCOME_SHARE, _LEAST_INCOME_CNY = 430, 260, 0.42, 900
_THRIFT_OF_STEADY, _THRIFT_OF_SKILLED = -0.05, -0.03  # log of these costs, per standard deviation
_SEASON = {0: 1.5, 1: 1.35, 8: 1.12}  # January and February (Spring Festival), September (school)
_OTHER_MONTHS, _MONTHLY_SD = 0.93, 0.13  # season of the rest; log-normal
# months of living costs, gamma by shape and scale, and what skill and steadiness add, in logs
_OPENING, _OPENING_BY_SKILL = (1.6, 1.3), 0.25
_SAVINGS, _SAVINGS_BY_SKILL, _SAVINGS_BY_STEADINESS = (1.5, 6), 0.3, 0.15
_FLOOR = 1.5, 0.18  # below it a balance isn't let fall
_CUT_SHARE = 0.4  # of a month's costs, which can be done without
_PUT_SHARE, _GIFT_SHARE, _PLENTY = 0.8, 0.3, 2  # of what is above the cushion; a gift where it is so many months' costs
_NOTE_CNY = 100  # what is moved is moved in such notes


@dataclass(frozen=True)
class Budget:
    """A household's months, CNY; arrays of shape (households, months) unless said otherwise.

    Attributes:
        opening: balance before the first month, by household.
        opening_savings: savings before the first month, by household.
        living: spent on living.
        helped: received from relatives when no money was left.
        transfers: transferred to others from a surplus.
        saved: moved to savings; negative if taken from them.
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
    """Planned monthly living costs, CNY, by household and month.

    They depend on lasting income and household size, and are highest at Spring Festival.
    """
    rng = scope.rng(chunk, Stream.LIVING_COSTS)
    lasting = np.maximum(income.mean(axis=1), _LEAST_INCOME_CNY)
    thrift = np.exp(_THRIFT_OF_STEADY * homes.stability + _THRIFT_OF_SKILLED * homes.ability)
    usual = (_BASE_CNY + _MEMBER_CNY * homes.size + _INCOME_SHARE * lasting) * thrift
    calendar = (scope.first_month.astype(int) + np.arange(scope.horizon)) % 12
    season = np.select([calendar == month for month in _SEASON], [*_SEASON.values()], _OTHER_MONTHS)
    return usual[:, None] * season * np.exp(rng.normal(0, _MONTHLY_SD, income.shape))


def live(
    scope: Scope,
    chunk: int,
    homes: Households,
    net: np.ndarray,
    costs: np.ndarray,
    has_savings: np.ndarray,
    distress: np.ndarray,
) -> Budget:
    """Simulate the months: spend, save a surplus, draw on savings, cut back, and finally ask relatives.

    A household in distress (illness, a private lender) gives away all the money that it can spare.

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
    begins = usual * rng.gamma(*_OPENING, len(homes)) * np.exp(_OPENING_BY_SKILL * homes.ability)
    balance = opening = np.round(begins, 2)
    thrift = np.exp(_SAVINGS_BY_SKILL * homes.ability + _SAVINGS_BY_STEADINESS * homes.stability)
    plenty = usual * rng.gamma(*_SAVINGS, len(homes)) * thrift
    savings = opening_savings = np.round(np.where(has_savings, plenty, 0), -2)
    floor = usual * rng.gamma(*_FLOOR, len(homes))
    months: list[tuple[np.ndarray, ...]] = []
    for month in range(net.shape[1]):
        cost, broke = costs[:, month], distress[:, month]
        short = np.maximum(cost + floor - balance - net[:, month], 0)
        drawn = np.where(broke, savings, np.minimum(savings, np.ceil(short / _NOTE_CNY) * _NOTE_CNY))
        cut = np.minimum(_CUT_SHARE * cost, np.maximum(short - drawn, 0))
        helped = np.ceil(np.maximum(short - drawn - cut, 0) / _NOTE_CNY) * _NOTE_CNY
        balance = balance + net[:, month] + drawn + helped - (cost - cut)
        extra = np.maximum(balance - CUSHION_MONTHS * usual, 0)
        put = np.where(has_savings & ~broke, np.floor(_PUT_SHARE * extra / _NOTE_CNY) * _NOTE_CNY, 0)
        spare = np.where(has_savings, 0, _GIFT_SHARE * extra * (extra > _PLENTY * usual))
        transfers = np.floor(np.where(broke, np.maximum(balance - floor, 0), spare) / _NOTE_CNY) * _NOTE_CNY
        balance, savings = balance - put - transfers, savings + put - drawn
        months.append((cost - cut, helped, transfers, put - drawn, balance, savings))
    return Budget(opening, opening_savings, *(np.stack(series, axis=1) for series in zip(*months, strict=True)))
