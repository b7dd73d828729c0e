"""How much may be lent: what each constraint allows, by dated policy, and the smallest of them."""

from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from conf.schema.errors import DataError
from conf.schema.policy import Policy

# What loans and other applications have taken, see `models.commitments`; nothing where a frame lacks the columns.
COMMITTED = (
    "committed_cny",
    "committed_product_cny",
    "committed_service_cny_month",
    "household_committed_cny",
    "household_committed_product_cny",
    "household_committed_service_cny_month",
    "existing_product_cny",
    "household_existing_cny",
    "household_existing_product_cny",
    "household_existing_service_cny_month",
)
_PRODUCT_CAPS = ("cap_cny", "regulatory_cap_cny")  # of the bank for a household, of the law for a borrower


class Constraint(StrEnum):
    """What holds a limit; where several say the same, the first of them."""

    REQUESTED = "requested"
    CAPACITY = "capacity"
    GROUP = "group"
    PRODUCT = "product"
    REGULATION = "regulation"
    EXPOSURE = "exposure"
    APPLICATIONS = "applications"
    HOUSEHOLD = "household"


def annuity_value(payment_cny: ArrayLike, annual_rate: ArrayLike, months: ArrayLike) -> np.ndarray:
    """Present value in CNY of equal payments at each month's end: P (1 - (1 + i)^-n) / i with i = rate / 12."""
    payment, rate, months = np.broadcast_arrays(
        np.asarray(payment_cny, float), np.asarray(annual_rate, float) / 12, np.asarray(months, float)
    )
    interest = rate > 0
    factor = months.copy()
    factor[interest] = -np.expm1(-months[interest] * np.log1p(rate[interest])) / rate[interest]
    return payment * factor


def constraints(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """What each constraint would allow, in CNY, one column per `Constraint`, never below 0.

    - capacity: the annuity that is left of the share `max_dti` of monthly income after existing debt service.
    - group: the cap of the risk grade.
    - exposure: what the applicant's existing loans leave of it, and loans of the product of the product's two caps.
    - applications: what the applicant's other applications leave of that and of the capacity.
    - household: what applications and existing loans of the whole household leave of the cap of the grade, of the cap
      of the product and of the capacity. The regulatory cap is one for each borrower.

    Raises:
        FieldstoneError: a product that the policy doesn't know.
    """
    terms = _terms(frame.loc[:, "product_code"], policy)
    free = policy.max_dti * frame["capacity_cny_year"] / 12 - frame["existing_debt_service_cny_month"]
    caps = np.array([*(float(g.group_cap_cny) for g in policy.grades), np.nan])
    group = caps[grade_number(frame["pd"], policy)]
    taken = frame.reindex(columns=list(COMMITTED)).fillna(0.0)

    def beside(service: pd.Series) -> np.ndarray:
        return annuity_value(free - service, terms["annual_rate"], frame["term_months"])

    left = group - frame["existing_exposure_cny"]
    of_product = [terms[cap] - taken["existing_product_cny"] for cap in _PRODUCT_CAPS]
    of_home = taken["household_committed_product_cny"] + taken["household_existing_product_cny"]
    allowed = {
        Constraint.REQUESTED: frame["requested_cny"],
        Constraint.CAPACITY: annuity_value(free, terms["annual_rate"], frame["term_months"]),
        Constraint.GROUP: group,
        Constraint.PRODUCT: terms["cap_cny"],
        Constraint.REGULATION: terms["regulatory_cap_cny"],
        Constraint.EXPOSURE: _least(left, *of_product),
        Constraint.APPLICATIONS: _least(
            left - taken["committed_cny"],
            *(cap - taken["committed_product_cny"] for cap in of_product),
            beside(taken.loc[:, "committed_service_cny_month"]),
        ),
        Constraint.HOUSEHOLD: _least(
            left - taken["household_committed_cny"] - taken["household_existing_cny"],
            of_product[0] - of_home,
            beside(taken["household_committed_service_cny_month"] + taken["household_existing_service_cny_month"]),
        ),
    }
    return pd.DataFrame(allowed, index=frame.index, dtype=float).clip(lower=0)


def _least(*allowed: ArrayLike) -> np.ndarray:
    return np.minimum.reduce([np.asarray(each, float) for each in allowed])


def rounded_down(amounts_cny: pd.DataFrame, products: pd.Series, policy: Policy) -> pd.DataFrame:
    """Amounts down to the step in which each product is lent.

    A millionth of a CNY is forgiven, so that 20,000 computed as 19,999.9999999 isn't rounded down by a step.
    """
    step = _terms(products, policy)["round_down_to_cny"].to_numpy()[:, None]
    return np.floor((amounts_cny + 1e-6) / step) * step


def limit(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The smallest constraint of each row, rounded down.

    Returns:
        `limit_cny`, and the `binding_constraint`. Where an input is missing the limit is 0 and nothing binds.
    """
    allowed = constraints(frame, policy)
    complete = allowed.notna().to_numpy().all(axis=1)
    smallest = rounded_down(allowed, frame.loc[:, "product_code"], policy).min(axis=1)
    binding = np.array(allowed.columns, dtype=object)[np.argmin(allowed.fillna(np.inf).to_numpy(), axis=1)]
    return pd.DataFrame(
        {
            "limit_cny": smallest.where(complete, 0.0),
            "binding_constraint": np.where(complete, binding, np.array(None, object)),
        },
        index=frame.index,
    )


def grade_number(pd_: ArrayLike, policy: Policy) -> np.ndarray:
    """Position of the risk grade of each PD; one beyond the last where it is missing."""
    pd_ = np.asarray(pd_, float)
    number = np.searchsorted([g.max_pd for g in policy.grades], pd_, side="left")
    return np.where(np.isnan(pd_), len(policy.grades), number)


def _terms(products: pd.Series, policy: Policy) -> pd.DataFrame:
    if unknown := int((~products.isin(list(policy.products))).sum()):
        raise DataError(
            f"{unknown} of {len(products)} applications have a product that the policy doesn't know; "
            f"it knows {', '.join(policy.products)}"
        )
    table = pd.DataFrame({code: product.model_dump() for code, product in policy.products.items()}).T.astype(float)
    return table.loc[products].set_index(products.index)
