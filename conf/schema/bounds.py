"""Plausible ranges for numbers of a declaration, so that a wrong digit or sign is refused at once."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator


def within(low: float, high: float) -> BeforeValidator:
    """Validator of numbers from `low` to `high`; it refuses NaN, infinity and truth values."""

    def check(value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError(f"{str(value).lower()} isn't a number; give one from {low:,} to {high:,}")
        try:
            number = float(value)
        except (TypeError, ValueError):
            return value  # not a number; the field's type refuses it
        except OverflowError:
            raise ValueError(f"a number of hundreds of digits was given; allowed is {low:,} to {high:,}") from None
        if not low <= number <= high:
            raise ValueError(f"{value} was given; allowed is {low:,} to {high:,}")
        return value

    return BeforeValidator(check)


def _few_decimals(share: float) -> float:
    if round(share, 4) != share:
        raise ValueError(
            f"{share} was given; allowed are at most 4 decimals, so that results can be recomputed by hand; give "
            f"{round(share, 4)} or another such share"
        )
    return share


# A share with few decimals of an amount known to the cent, per year and month, is a half cent exactly or at least 8e-6
# of a cent away from one, more than the rounding errors of doubles (`models.caps`).
FEW_DECIMALS = AfterValidator(_few_decimals)
Share = Annotated[float, within(0, 1), FEW_DECIMALS]
Probability = Annotated[float, within(0.0001, 1)]
Amount = Annotated[Decimal, within(0, 1_000_000_000)]
# A ratio per year. Interest in per cent, such as 5.5, is beyond this bound; no bank may ask for more than the bound.
AnnualRate = Annotated[float, within(0, 0.36)]
