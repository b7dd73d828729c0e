"""Numbers of a declaration that may only lie in a plausible range, so that a slip of digit or sign is told at once."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator


def within(low: float, high: float) -> BeforeValidator:
    """A number from `low` to `high`; NaN, infinity and truth values are none."""

    def check(value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError(f"{str(value).lower()} is no number; give one from {low:,} to {high:,}")
        try:
            number = float(value)
        except (TypeError, ValueError):
            return value  # no number at all, which its type says
        except OverflowError:
            raise ValueError(f"a number of hundreds of digits was given; allowed is {low:,} to {high:,}") from None
        if not low <= number <= high:
            raise ValueError(f"{value} was given; allowed is {low:,} to {high:,}")
        return value

    return BeforeValidator(check)


def _few_decimals(share: float) -> float:
    if round(share, 4) != share:
        raise ValueError(
            f"{share} was given; allowed are at most 4 decimals, so that what is made of it can be redone by hand; "
            f"give {round(share, 4)} or another such share"
        )
    return share


# A share of money that is known to the cent, taken of a year and by the month, lies on a half cent or at least 8e-6 of
# a cent beside it, which the rounding of doubles can't blur (`models.caps`).
FEW_DECIMALS = AfterValidator(_few_decimals)
Share = Annotated[float, within(0, 1), FEW_DECIMALS]
Probability = Annotated[float, within(0.0001, 1)]
Amount = Annotated[Decimal, within(0, 1_000_000_000)]
# A ratio a year. Interest in per cent, such as 5.5, lies beyond it, and so does anything that a bank may ask for.
AnnualRate = Annotated[float, within(0, 0.36)]
