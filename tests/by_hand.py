"""A limit as a person redoes it from the steps that stand on a decision: with decimals, to the cent, halves up."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def steps(names: Sequence[str], values: Sequence[float]) -> dict[str, Decimal]:
    """The steps as they are written."""
    return {name: Decimal(repr(float(value))) for name, value in zip(names, values, strict=True)}


def redone(given: dict[str, Decimal]) -> dict[str, Decimal]:
    """Every step that is computed, each from those before it as they are written."""
    product, regulation = (given[cap] - given["existing_product_cny"] for cap in ("product", "regulation"))
    left = given["group"] - given["existing_exposure_cny"]
    of_home = given["household_committed_product_cny"] + given["household_existing_product_cny"]
    each_month = given["household_committed_service_cny_month"] + given["household_existing_service_cny_month"]
    caps = ("requested", "capacity", "group", "product", "regulation", "exposure", "applications", "household")
    step = given["round_down_to_cny"]
    debt = given["existing_debt_service_cny_month"]
    return {
        "free_cny_month": _cents(given["max_dti"] * given["capacity_cny_year"] / 12 - debt),
        "capacity": _cents(_annuity(given, Decimal(0))),
        "exposure": _cents(min(left, product, regulation)),
        "applications": _cents(
            min(
                left - given["committed_cny"],
                product - given["committed_product_cny"],
                regulation - given["committed_product_cny"],
                _annuity(given, given["committed_service_cny_month"]),
            )
        ),
        "household": _cents(
            min(
                left - given["household_committed_cny"] - given["household_existing_cny"],
                product - of_home,
                _annuity(given, each_month),
            )
        ),
        "smallest": min(given[cap] for cap in caps),
        "limit": given["smallest"] // step * step,
    }


def _annuity(given: dict[str, Decimal], taken_cny_month: Decimal) -> Decimal:
    interest, months = given["annual_rate"] / 12, int(given["term_months"])
    factor = (1 - (1 + interest) ** -months) / interest if interest else Decimal(months)
    return (given["free_cny_month"] - taken_cny_month) * factor


def _cents(amount: Decimal) -> Decimal:
    return max(amount, Decimal(0)).quantize(CENT, ROUND_HALF_UP)
