"""The limit of a loan: the amount that each constraint of a dated policy allows, and the smallest of them."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import chain

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from conf.schema.errors import DataError
from conf.schema.policy import Policy, Product

# What loans and other applications have taken, see `models.household_decisions`; nothing where a frame lacks these.
COMMITTED = (
    "committed_amount",
    "committed_product_amount",
    "committed_service_month",
    "household_committed_amount",
    "household_committed_product_amount",
    "household_committed_service_month",
    "existing_product_amount",
    "household_existing_amount",
    "household_existing_product_amount",
    "household_existing_service_month",
)
# of these, what others take of the cap of the grade, of the product's caps and of what is free each month
_OF_APPLICATIONS = (("committed_amount",), ("committed_product_amount",), ("committed_service_month",))
_OF_HOUSEHOLD = (
    ("household_committed_amount", "household_existing_amount"),
    ("household_committed_product_amount", "household_existing_product_amount"),
    ("household_committed_service_month", "household_existing_service_month"),
)


class Constraint(StrEnum):
    """The constraint that binds a limit; if several allow the same amount, the first in this order."""

    REQUESTED = "requested"
    CAPACITY = "capacity"
    GROUP = "group"
    PRODUCT = "product"
    REGULATION = "regulation"
    EXPOSURE = "exposure"
    APPLICATIONS = "applications"
    HOUSEHOLD = "household"


def annuity_value(
    payment_month: ArrayLike, annual_rate: ArrayLike, months: ArrayLike, every_months: ArrayLike = 1
) -> np.ndarray:
    """Present value of what is put by each month and paid at the end of each period of `every_months` months.

    P (1 - D) / i with i = rate / 12 and D = (1 + k i)^-n / (1 + r i): n whole periods of k months and r months that are
    left, a shorter period at the end. It is the sum of the payments k P and r P, discounted by the rate of their
    period: an annuity-immediate whose nominal annual rate is converted as often as it is paid (Kellison, The Theory of
    Interest, 2009, chapter 3). With k = 1 it is that of equal monthly payments; a larger k never gives more.

    Args:
        payment_month: P, in the currency.
        annual_rate: nominal, as a ratio.
        months: the term, in whole months.
        every_months: k.
    """
    payment, rate, months, every = np.broadcast_arrays(
        np.asarray(payment_month, float),
        np.asarray(annual_rate, float) / 12,
        np.asarray(months, float),
        np.asarray(every_months, float),
    )
    periods, rest = np.divmod(months, every)
    growth = periods * np.log1p(every * rate) + np.log1p(rest * rate)
    interest = rate > 0
    factor = months.copy()
    factor[interest] = -np.expm1(-growth[interest]) / rate[interest]
    return payment * factor


def service_month(amounts: ArrayLike, products: pd.Series, months: ArrayLike, policy: Policy) -> np.ndarray:
    """What repaying amounts takes each month of what is free, by the terms of their products.

    A product that the policy doesn't know counts as repaid each month, without interest.
    """
    rate = products.map({code: product.annual_rate for code, product in policy.products.items()}).fillna(0)
    every = products.map({code: product.payment_every_months for code, product in policy.products.items()}).fillna(1)
    return np.asarray(amounts, float) / annuity_value(1, rate, months, every)


def steps(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The steps from repayment capacity to limit, one column each and in order, so that a person can recompute them.

    Amounts are rounded to the cent, halves up, and each step is computed from the rounded steps before it. A step with
    the name of a `Constraint` is the amount that this constraint allows, never below 0. If an input is missing, the
    steps computed from it are missing too.

    - free_amount_month: `max_dti` times a twelfth of the capacity, less existing debt service.
    - payment_every_months: months between payments; a step only if the policy has a product that isn't paid each month.
    - capacity: the present value of the free amounts over the term, paid so often, see `annuity_value`.
    - group: the cap of the risk grade.
    - exposure: the rest of that cap after the applicant's existing loans, and the rest of the product's two caps after
      loans of the product.
    - applications: the rest of that, and of the capacity, after the applicant's other applications.
    - household: the rest of the grade's cap, the product's cap and the capacity after applications and existing loans
      of the whole household. The regulatory cap is for each borrower.
    - limit: the smallest constraint, rounded down to the step in which the product is lent.

    Raises:
        DataError: a product that the policy doesn't know.
    """
    terms = _terms(frame.loc[:, "product_code"], policy)
    of_grade = np.array([*(float(g.group_cap) for g in policy.grades), np.nan])
    taken = {name: _known(frame, name) for name in COMMITTED}
    made = {
        "capacity_year": _cents(frame["capacity_year"]),
        "max_dti": np.full(len(frame), policy.max_dti),
        "existing_debt_service_month": _cents(frame["existing_debt_service_month"]),
    }
    income, service = made["capacity_year"], made["existing_debt_service_month"]
    made["free_amount_month"] = _cents(np.maximum(policy.max_dti * income / 12 - service, 0))
    made |= {"annual_rate": terms["annual_rate"], "term_months": frame["term_months"].to_numpy(float)}
    every = terms["payment_every_months"]
    if any(product.payment_every_months > 1 for product in policy.products.values()):
        made["payment_every_months"] = every

    def annuity(taken_service: ArrayLike) -> np.ndarray:
        free = made["free_amount_month"] - taken_service
        return annuity_value(free, made["annual_rate"], made["term_months"], every)

    made[Constraint.REQUESTED] = _cents(frame["requested_amount"])
    made[Constraint.CAPACITY] = _cents(annuity(0))
    made[Constraint.GROUP] = of_grade[grade_number(frame["pd"], policy)]
    made[Constraint.PRODUCT] = terms["cap"]
    made[Constraint.REGULATION] = terms["regulatory_cap"]
    made["existing_exposure"] = _cents(frame["existing_exposure"])
    own = made["existing_product_amount"] = _cents(taken["existing_product_amount"])
    left = made[Constraint.GROUP] - made["existing_exposure"]
    product, regulation = made[Constraint.PRODUCT] - own, made[Constraint.REGULATION] - own
    made[Constraint.EXPOSURE] = _least(left, product, regulation)
    all_, of_product, each_month = _added(made, taken, _OF_APPLICATIONS)
    made[Constraint.APPLICATIONS] = _least(
        left - all_, product - of_product, regulation - of_product, annuity(each_month)
    )
    all_, of_product, each_month = _added(made, taken, _OF_HOUSEHOLD)
    made[Constraint.HOUSEHOLD] = _least(left - all_, product - of_product, annuity(each_month))
    smallest = made["smallest"] = np.minimum.reduce([made[each] for each in Constraint])
    made["round_down_to"] = terms["round_down_to"]
    made["limit"] = _down(smallest, made["round_down_to"])
    return pd.DataFrame(made, index=frame.index, dtype=float)


def constraints(granted: pd.DataFrame) -> pd.DataFrame:
    """The amount that each constraint allows, in the currency, one column per `Constraint`, from `limit`'s result."""
    made = zip(granted["limit_steps"], granted["limit_step_values"], strict=True)
    rows = [dict(zip(names, values, strict=True)) for names, values in made]
    return pd.DataFrame(rows, index=granted.index, columns=pd.Index(list(Constraint)), dtype=float)


def takes(frame: pd.DataFrame) -> pd.DataFrame:
    """Whether each `Constraint` deducts anything: loans, other applications, or those of other household members.

    If not, it allows the same as other constraints and isn't a reason by itself.
    """
    taken = frame.reindex(columns=list(COMMITTED)).fillna(0.0)
    own = taken["committed_amount"]
    of_others = taken["household_committed_amount"] - own + taken["household_existing_amount"]
    is_there = {
        Constraint.EXPOSURE: frame["existing_exposure"] > 0,
        Constraint.APPLICATIONS: own > 0,
        Constraint.HOUSEHOLD: of_others > 0,
    }
    return pd.DataFrame({each: is_there.get(each, True) for each in Constraint}, index=frame.index)


def of_others(binding_constraint: str | None) -> set[str]:
    """Names of the `steps` that reveal debts or limits of other members of a household.

    Args:
        binding_constraint: of the limit; if it is the household, the smallest constraint reveals it too.
    """
    names = {str(Constraint.HOUSEHOLD), *chain.from_iterable(_OF_HOUSEHOLD)}
    return names | {"smallest"} if binding_constraint == Constraint.HOUSEHOLD else names


def _known(frame: pd.DataFrame, name: str) -> np.ndarray:
    """A column's amounts, 0 where there is none."""
    return np.nan_to_num(frame[name].to_numpy(float)) if name in frame else np.zeros(len(frame))


def _added(
    made: dict[str, np.ndarray], taken: Mapping[str, np.ndarray], names: tuple[tuple[str, ...], ...]
) -> list[np.ndarray]:
    """Add the amounts taken as separate steps, and sum the amounts of each kind."""
    made |= {name: _cents(taken[name]) for kind in names for name in kind}
    return [np.add.reduce([made[name] for name in kind]) for kind in names]


def _cents(amount: ArrayLike) -> np.ndarray:
    """Amounts rounded to the cent, halves up; an error of a millionth of a cent below a half is tolerated."""
    return np.floor(np.round(np.asarray(amount, float) * 100, 6) + 0.5) / 100


def _least(*allowed: np.ndarray) -> np.ndarray:
    return _cents(np.maximum(np.minimum.reduce(allowed), 0))


def _down(amounts: ArrayLike, step: np.ndarray) -> np.ndarray:
    """Amounts rounded down to whole steps; an error of a millionth is tolerated: 0.29 isn't 28 steps of 0.01."""
    return np.floor((np.asarray(amounts, float) + 1e-6) / step) * step


def rounded_down(amounts: pd.DataFrame, products: pd.Series, policy: Policy) -> pd.DataFrame:
    """Amounts rounded down to the step in which each product is lent.

    Raises:
        DataError: the policy doesn't know a product.
    """
    step = _terms(products, policy)["round_down_to"][:, None]
    return pd.DataFrame(_down(amounts, step), index=amounts.index, columns=amounts.columns)


def limit(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The smallest constraint of each row, rounded down.

    Returns:
        `limit_amount`, the `binding_constraint`, and names and values of `steps` as `limit_steps` and
        `limit_step_values`. Where an input is missing the limit is 0, nothing binds and there are no steps.
    """
    made = steps(frame, policy)
    allowed, values = made.loc[:, list(Constraint)].to_numpy(), made.to_numpy().tolist()
    complete = np.asarray(~np.isnan(allowed).any(axis=1))
    binding = np.array(list(Constraint), dtype=object)[np.argmin(allowed, axis=1)]
    names = [str(name) for name in made.columns]
    return pd.DataFrame(
        {
            "limit_amount": np.where(complete, made["limit"], 0.0),
            "binding_constraint": np.where(complete, binding, np.array(None, object)),
            "limit_steps": [names if each else [] for each in complete],
            "limit_step_values": [of_row if each else [] for of_row, each in zip(values, complete, strict=True)],
        },
        index=frame.index,
    )


def grade_number(pd_: ArrayLike, policy: Policy) -> np.ndarray:
    """Position of the risk grade of each PD; one beyond the last where it is missing."""
    pd_ = np.asarray(pd_, float)
    number = np.searchsorted([g.max_pd for g in policy.grades], pd_, side="left")
    return np.where(np.isnan(pd_), len(policy.grades), number)


def _terms(products: pd.Series, policy: Policy) -> dict[str, np.ndarray]:
    """The policy's terms for each application's product, one array per term."""
    of_product = pd.Index(list(policy.products)).get_indexer(pd.Index(products))
    if unknown := int((of_product < 0).sum()):
        raise DataError(
            f"{unknown} of {len(products)} applications have a product that the policy doesn't know; "
            f"it knows {', '.join(policy.products)}"
        )
    stated = policy.products.values()
    return {
        name: np.array([float(getattr(each, name)) for each in stated])[of_product] for name in Product.model_fields
    }
