"""A limit as a person redoes it from the steps that stand on a decision: with decimals, to the cent, halves up."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def steps(names: Sequence[str], values: Sequence[float]) -> dict[str, Decimal]:
    """The steps as they are written."""
    return {name: Decimal(repr(float(value))) for name, value in zip(names, values, strict=True)}


def redone(amounts: dict[str, Decimal]) -> dict[str, Decimal]:
    """Every step that is computed, each from those before it as they are written."""
    product, regulation = (amounts[cap] - amounts["existing_product_amount"] for cap in ("product", "regulation"))
    left = amounts["group"] - amounts["existing_exposure"]
    of_home = amounts["household_committed_product_amount"] + amounts["household_existing_product_amount"]
    each_month = amounts["household_committed_service_month"] + amounts["household_existing_service_month"]
    caps = ("requested", "capacity", "group", "product", "regulation", "exposure", "applications", "household")
    step = amounts["round_down_to"]
    debt = amounts["existing_debt_service_month"]
    return {
        "free_amount_month": _cents(amounts["max_dti"] * amounts["capacity_year"] / 12 - debt),
        "capacity": _cents(_annuity(amounts, Decimal(0))),
        "exposure": _cents(min(left, product, regulation)),
        "applications": _cents(
            min(
                left - amounts["committed_amount"],
                product - amounts["committed_product_amount"],
                regulation - amounts["committed_product_amount"],
                _annuity(amounts, amounts["committed_service_month"]),
            )
        ),
        "household": _cents(
            min(
                left - amounts["household_committed_amount"] - amounts["household_existing_amount"],
                product - of_home,
                _annuity(amounts, each_month),
            )
        ),
        "smallest": min(amounts[cap] for cap in caps),
        "limit": amounts["smallest"] // step * step,
    }


def _annuity(amounts: dict[str, Decimal], taken_cny_month: Decimal) -> Decimal:
    """What is free each month, paid at the end of each period and of the months left, less interest until then."""
    interest, months = amounts["annual_rate"] / 12, int(amounts["term_months"])
    periods, rest = divmod(months, every := int(amounts.get("payment_every_months", 1)))
    value, growth = Decimal(0), Decimal(1)
    for length in [every] * periods + [rest]:
        growth *= 1 + interest * length
        value += length / growth
    return (amounts["free_amount_month"] - taken_cny_month) * value


def _cents(amount: Decimal) -> Decimal:
    return max(amount, Decimal(0)).quantize(CENT, ROUND_HALF_UP)
